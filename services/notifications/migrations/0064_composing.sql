-- What a notice says: the fields of its template, as things stand when it is sent. Null when there is nothing to say. The
-- names of the fields are those of notifications.occasion.example. No field holds a participant's name.

create function notifications.session_fields(s scheduling.session_published, prison enrollment.prison_published,
    language text) returns jsonb
language sql stable
return jsonb_build_object('prison', prison.name,
    'day', notifications.say_day((s.starts_at at time zone prison.time_zone)::date, language),
    'time', notifications.say_times(s.starts_at, s.ends_at, prison.time_zone, prison.time_zone_short_name, language),
    'room', s.room_name, 'kind', notifications.say_component(s.component, language), 'count', s.participant_count);

-- The day's sessions, by time.
create function notifications.roster_fields(prison_id uuid, day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min(p.name), 'day', notifications.say_day(day, language),
        'session_count', count(*), 'participant_count', sum(s.participant_count),
        'rows', jsonb_agg(notifications.session_fields(s, p, language) order by s.starts_at, s.room_name))
    from enrollment.prison_published p
    join scheduling.session_published s on s.prison_id = p.id and s.status = 'SCHEDULED'
        and s.starts_at >= roster_fields.day::timestamp at time zone p.time_zone
        and s.starts_at < (roster_fields.day + 1)::timestamp at time zone p.time_zone
    where p.id = roster_fields.prison_id
    having count(*) > 0);

-- Sessions of the day before whose attendance has gaps.
create function notifications.unmarked_fields(prison_id uuid, day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min(p.name), 'day', notifications.say_day(day - 1, language),
        'unmarked_count', sum(s.attendance_unmarked_count),
        'rows', jsonb_agg(notifications.session_fields(s, p, language)
            || jsonb_build_object('unmarked', s.attendance_unmarked_count) order by s.starts_at, s.room_name))
    from enrollment.prison_published p
    join scheduling.session_published s on s.prison_id = p.id and s.status = 'SCHEDULED'
        and s.starts_at >= (unmarked_fields.day - 1)::timestamp at time zone p.time_zone
        and s.starts_at < unmarked_fields.day::timestamp at time zone p.time_zone
    where p.id = unmarked_fields.prison_id and s.attendance_unmarked_count > 0
    having count(*) > 0);

create function notifications.waiting_fields(prison_id uuid, day date, waiting_days integer, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min(p.name), 'case_count', count(*), 'waiting_days', waiting_days,
        'rows', jsonb_agg(jsonb_build_object('initials', notifications.initials(w.name),
            'days', waiting_fields.day - (c.status_since at time zone p.time_zone)::date)
            order by c.status_since, c.id))
    from enrollment.prison_published p
    join enrollment.case_published c on c.prison_id = p.id
    join enrollment.participant_published w on w.id = c.participant_id
    where p.id = waiting_fields.prison_id
        and notifications.waits_again(c.status, c.status_since, p.time_zone, waiting_fields.day, waiting_fields.waiting_days)
    having count(*) > 0);

create function notifications.agreement_fields(agreement_id uuid, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', p.name, 'number', a.number,
        'last_day', notifications.say_day(a.valid_until, language),
        'days', a.valid_until - (context.now() at time zone p.time_zone)::date)
    from enrollment.agreement_published a
    join enrollment.prison_published p on p.id = a.prison_id
    where a.id = agreement_id and a.status = 'SIGNED' and not a.renewed);

-- A prison a row: the week that was and the one that comes.
create function notifications.digest_fields(day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('from', notifications.say_day(day - 7, language),
        'until', notifications.say_day(day - 1, language),
        'rows', jsonb_agg(jsonb_build_object('prison', p.name, 'held', week.held, 'cancelled', week.cancelled,
            'unmarked', week.unmarked, 'coming', week.coming,
            'waiting', (select count(*) from enrollment.case_published c where c.prison_id = p.id
                and c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')))
            order by p.name, p.id))
    from enrollment.prison_published p
    cross join lateral (select day::timestamp at time zone p.time_zone as begins) monday
    cross join lateral (select
            count(*) filter (where s.status = 'SCHEDULED' and s.starts_at < monday.begins) as held,
            count(*) filter (where s.status = 'CANCELLED' and s.starts_at < monday.begins) as cancelled,
            coalesce(sum(s.attendance_unmarked_count)
                filter (where s.status = 'SCHEDULED' and s.starts_at < monday.begins), 0) as unmarked,
            count(*) filter (where s.status = 'SCHEDULED' and s.starts_at >= monday.begins) as coming
        from scheduling.session_published s
        where s.prison_id = p.id and s.starts_at >= monday.begins - interval '7 days'
            and s.starts_at < monday.begins + interval '7 days') week
    having count(*) > 0);

create function notifications.fields_of(occasion text, subject_id uuid, recipient_id uuid, day date, waiting_days integer,
    language text) returns jsonb
language plpgsql stable
as $$
begin
    case occasion
    when 'DAY_ROSTER' then return notifications.roster_fields(subject_id, day, language);
    when 'ATTENDANCE_UNMARKED' then return notifications.unmarked_fields(subject_id, day, language);
    when 'CASES_WAITING' then return notifications.waiting_fields(subject_id, day, waiting_days, language);
    when 'AGREEMENT_EXPIRING' then return notifications.agreement_fields(subject_id, language);
    when 'WEEK_DIGEST' then return notifications.digest_fields(day, language);
    else
        -- The three about one session. `yours` is false for a counsellor who is in it no more.
        return (select notifications.session_fields(s, p, fields_of.language)
                || jsonb_build_object('yours', staff.prison_id is not null or staff.id = any (s.counsellor_ids))
            from scheduling.session_published s
            join enrollment.prison_published p on p.id = s.prison_id
            join identity.staff_published staff on staff.id = fields_of.recipient_id
            where s.id = fields_of.subject_id);
    end case;
end
$$;
