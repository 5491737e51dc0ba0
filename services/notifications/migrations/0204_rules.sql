-- Rules are the coordinator's: their own beside those that everybody starts with, for whom, in which words, by which channels.
alter table notifications.rule
    -- Of an own rule; those we start with are known by their key.
    add column name text,
    add column built_in boolean not null default true,
    -- Own rules only: it is off for good and shown no more, what it planned stays on record.
    add column deleted boolean not null default false,
    -- By these alone, in the recipient's order. Empty: whichever the recipient chose.
    add column channels text[] not null default '{}',
    -- So many sessions missed in a row, and each such number again.
    add column missed_sessions integer,
    -- It was always e-mail.
    drop column channel;
alter table notifications.rule alter column built_in set default false;

alter table notifications.rule
    drop constraint rule_audience_is_known,
    add constraint rule_audience_is_known check (audience <> '{}' and audience <@ case
        when occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED')
            then array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'COORDINATOR', 'AFTERCARE']
        when occasion in ('DAY_ROSTER', 'ATTENDANCE_UNMARKED', 'CASES_WAITING', 'AGREEMENT_EXPIRING')
            then array['OFFICER', 'PRISON_HEAD', 'COORDINATOR']
        when occasion = 'SESSIONS_MISSED' then array['COUNSELLOR', 'COORDINATOR']
        when occasion = 'WEEK_DIGEST' then array['COORDINATOR']
        else array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'CLINICAL_SUPERVISOR', 'COORDINATOR', 'ADMIN', 'AUDITOR'] end),
    add constraint rule_channels_are_known
        check (channels <@ array['EMAIL', 'WHATSAPP', 'SMS'] and array_position(channels, null) is null),
    add constraint rule_name_is_given check (built_in = (name is null)),
    add constraint rule_name_is_a_line check (length(name) between 1 and 100 and name !~ '[[:cntrl:]]'),
    add constraint rule_missed_sessions_is_sensible check (missed_sessions between 2 and 20),
    add constraint rule_occasion_can_be_chosen check (built_in or occasion not in ('TEST', 'SUMMARY')),
    -- What is summed up would reach nobody.
    add constraint rule_summary_stays_on check (enabled or occasion <> 'SUMMARY'),
    add constraint rule_own_can_be_deleted check (not deleted or not built_in and not enabled),
    drop constraint rule_has_its_times,
    add constraint rule_has_its_times check (case occasion
        when 'SESSION_UPCOMING' then (lead is null) = (days_before is not null) and (lead is null) = (at_time is not null)
            and num_nonnulls(waiting_days, weekday, time_zone, missed_sessions) = 0
        when 'DAY_ROSTER' then at_time is not null
            and num_nonnulls(lead, days_before, waiting_days, weekday, time_zone, missed_sessions) = 0
        when 'ATTENDANCE_UNMARKED' then at_time is not null
            and num_nonnulls(lead, days_before, waiting_days, weekday, time_zone, missed_sessions) = 0
        when 'CASES_WAITING' then num_nonnulls(at_time, waiting_days) = 2
            and num_nonnulls(lead, days_before, weekday, time_zone, missed_sessions) = 0
        when 'AGREEMENT_EXPIRING' then num_nonnulls(at_time, days_before) = 2
            and num_nonnulls(lead, waiting_days, weekday, time_zone, missed_sessions) = 0
        when 'WEEK_DIGEST' then num_nonnulls(at_time, weekday, time_zone) = 3
            and num_nonnulls(lead, days_before, waiting_days, missed_sessions) = 0
        when 'SESSIONS_MISSED' then num_nonnulls(at_time, missed_sessions) = 2
            and num_nonnulls(lead, days_before, waiting_days, weekday, time_zone) = 0
        else num_nonnulls(lead, days_before, at_time, waiting_days, weekday, time_zone, missed_sessions) = 0
    end);

-- A rule that somebody made is told like one that was changed.
create function notifications.tell_rule() returns trigger
language plpgsql as $$
begin
    perform event.emit('notifications.rule_changed', null, new.id, new.version);
    return null;
end
$$;
create trigger tell_rule after insert on notifications.rule for each row
    when (not new.built_in) execute function notifications.tell_rule();

grant insert on notifications.rule to pulih_notifications;
grant update (name, deleted, missed_sessions, audience, template, channels, useful_for) on notifications.rule
    to pulih_notifications;

-- A pulih.notifications.v1.RuleTimes of a rule's columns; a time that the rule doesn't have is 0 or empty.
create function notifications.rule_times(lead interval, days_before integer, at_time time, waiting_days integer,
    weekday integer, missed_sessions integer) returns jsonb
language sql immutable
return jsonb_build_object('lead_minutes', coalesce(extract(epoch from lead) / 60, 0)::integer,
    'days_before', coalesce(days_before, 0), 'at_time', coalesce(to_char(at_time, 'HH24:MI'), ''),
    'waiting_days', coalesce(waiting_days, 0), 'weekday', coalesce(weekday, 0),
    'missed_sessions', coalesce(missed_sessions, 0));

-- The channels that a rule leaves of its recipient's; its own where that would be none.
create function notifications.channels_of(rule_channels text[], chosen text[]) returns text[]
language sql immutable
return case when rule_channels = '{}' then coalesce(chosen, '{EMAIL}')
    else coalesce(nullif(array(select c.channel from unnest(coalesce(chosen, '{EMAIL}')) with ordinality c (channel, number)
        where c.channel = any (rule_channels) order by c.number), '{}'), rule_channels) end;

-- What a rule can be shown with: what the caller chose, or the nearest that is there.
create function notifications.preview_subject(occasion text, chosen uuid, times integer)
returns table (subject_id uuid, prison_id uuid, day date, counsellor_ids uuid[])
language plpgsql stable
as $$
begin
    case occasion
    when 'SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED', 'DAY_ROSTER' then return query
        select case occasion when 'DAY_ROSTER' then s.prison_id else s.id end, s.prison_id,
            (s.starts_at at time zone p.time_zone)::date, case when occasion <> 'DAY_ROSTER' then s.counsellor_ids end
        from scheduling.session_published s
        join enrollment.prison_published p on p.id = s.prison_id
        where s.status = 'SCHEDULED' and s.starts_at > context.now() and (chosen is null or chosen in (s.id, s.prison_id))
        order by s.starts_at
        limit 1;
    when 'ATTENDANCE_UNMARKED' then return query
        select s.prison_id, s.prison_id, (s.starts_at at time zone p.time_zone)::date + 1, null::uuid[]
        from scheduling.session_published s
        join enrollment.prison_published p on p.id = s.prison_id
        where s.status = 'SCHEDULED' and s.starts_at between context.now() - interval '14 days' and context.now()
            and s.attendance_unmarked_count > 0 and (chosen is null or chosen in (s.id, s.prison_id))
        order by s.starts_at desc
        limit 1;
    when 'CASES_WAITING' then return query
        select c.prison_id, c.prison_id, (c.status_since at time zone p.time_zone)::date + times, null::uuid[]
        from enrollment.case_published c
        join enrollment.prison_published p on p.id = c.prison_id
        where c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')
            and (chosen is null or chosen = c.prison_id)
        order by c.status_since
        limit 1;
    when 'AGREEMENT_EXPIRING' then return query
        select a.id, a.prison_id, null::date, null::uuid[]
        from enrollment.agreement_published a
        where a.status = 'SIGNED' and not a.renewed and a.valid_until >= context.now()::date
            and (chosen is null or chosen in (a.id, a.prison_id))
        order by a.valid_until
        limit 1;
    when 'SESSIONS_MISSED' then return query
        select s.id, s.prison_id, (s.starts_at at time zone p.time_zone)::date, missed.counsellor_ids
        from scheduling.session_published s
        join enrollment.prison_published p on p.id = s.prison_id
        cross join lateral (select array_agg(m.counsellor_id) as counsellor_ids from notifications.missed_in_row(s.id) m
            where m.missed % times = 0 having count(*) > 0) missed
        where s.starts_at between context.now() - interval '14 days' and context.now()
            and (chosen is null or chosen in (s.id, s.prison_id))
        order by s.starts_at desc
        limit 1;
    when 'WEEK_DIGEST' then return query
        select context.user_id(), null::uuid, (context.now() at time zone 'Asia/Jakarta')::date, null::uuid[];
    when 'TEST' then return query select context.user_id(), null::uuid, null::date, null::uuid[];
    else return;
    end case;
end
$$;
