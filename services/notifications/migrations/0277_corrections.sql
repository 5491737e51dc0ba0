-- Late corrections of attendance: whoever may countersign hears that one was asked for, whoever asked that it was decided. By
-- initials; why is read on the page.
insert into notifications.occasion (name, example) values
('CORRECTION_REQUESTED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "kind": "sesi kelompok", "count": 1,
    "rows": [{"initials": "B.S."}]}'),
('CORRECTION_DECIDED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "kind": "sesi kelompok", "count": 1,
    "rows": [{"initials": "B.S.", "countersigned": true}]}');

insert into notifications.template (key, language, occasion, subject, body) values
('CORRECTION_REQUESTED', 'id', 'CORRECTION_REQUESTED', 'Koreksi kehadiran menunggu pengesahan: {{count}} ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: {{count}} koreksi kehadiran menunggu keputusan Anda atau rekan Anda.

{{#rows}}
{{initials}}
{{/rows}}

Mohon disahkan atau ditolak di halaman Pulih.
'),
('CORRECTION_REQUESTED', 'en', 'CORRECTION_REQUESTED', 'Corrections of attendance to countersign: {{count}} ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: {{count}} to be decided by you or a colleague.

{{#rows}}
{{initials}}
{{/rows}}

Please countersign or refuse on the Pulih page.
'),
('CORRECTION_DECIDED', 'id', 'CORRECTION_DECIDED', 'Koreksi kehadiran diputuskan: {{count}} ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: koreksi yang Anda ajukan sudah diputuskan.

{{#rows}}
{{initials}}  {{#countersigned}}disahkan{{/countersigned}}{{^countersigned}}ditolak{{/countersigned}}
{{/rows}}

Alasan penolakan ada pada kehadiran jadwal itu di halaman Pulih.
'),
('CORRECTION_DECIDED', 'en', 'CORRECTION_DECIDED', 'Corrections of attendance decided: {{count}} ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: what you asked to be corrected is decided.

{{#rows}}
{{initials}}  {{#countersigned}}countersigned{{/countersigned}}{{^countersigned}}refused{{/countersigned}}
{{/rows}}

Why one was refused stands beside the attendance on the Pulih page.
');

-- locks: there are a few dozen rules in all
alter table notifications.rule drop constraint rule_audience_is_known;
-- locks: there are a few dozen rules in all
alter table notifications.rule add constraint rule_audience_is_known check (audience <> '{}' and audience <@ case
    when occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED')
        then array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'COORDINATOR', 'AFTERCARE']
    when occasion in ('DAY_ROSTER', 'ATTENDANCE_UNMARKED', 'CASES_WAITING', 'AGREEMENT_EXPIRING')
        then array['OFFICER', 'PRISON_HEAD', 'COORDINATOR']
    when occasion = 'SESSIONS_MISSED' then array['COUNSELLOR', 'COORDINATOR']
    when occasion = 'CORRECTION_REQUESTED' then array['CLINICAL_SUPERVISOR', 'COORDINATOR']
    when occasion = 'CORRECTION_DECIDED' then array['COUNSELLOR', 'OFFICER', 'CLINICAL_SUPERVISOR', 'COORDINATOR']
    when occasion = 'WEEK_DIGEST' then array['COORDINATOR']
    else array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'CLINICAL_SUPERVISOR', 'COORDINATOR', 'ADMIN', 'AUDITOR'] end);

insert into notifications.rule (key, occasion, built_in, audience, template, useful_for) values
('CORRECTION_REQUESTED', 'CORRECTION_REQUESTED', true, '{CLINICAL_SUPERVISOR,COORDINATOR}', 'CORRECTION_REQUESTED', '7 days'),
('CORRECTION_DECIDED', 'CORRECTION_DECIDED', true, '{COUNSELLOR,OFFICER,CLINICAL_SUPERVISOR,COORDINATOR}', 'CORRECTION_DECIDED', '7 days');

-- Who may decide it, but for who asked; and of a decided one who asked. Without a correction: who could decide one.
create function notifications.correction_audience(occasion text, audience text[], correction_id uuid)
returns table (recipient_id uuid)
language sql stable
as $$
    select p.id
    from identity.staff_contact p
    left join scheduling.correction_published c on c.id = correction_audience.correction_id
    where p.active and p.roles && correction_audience.audience and case correction_audience.occasion
        when 'CORRECTION_REQUESTED' then p.prison_id is null and p.id is distinct from c.requested_by
        when 'CORRECTION_DECIDED' then p.id = c.requested_by
        else false end
$$;

-- A counsellor often corrects a whole session's marks. So a notice says what else waits of what the same person asked for in the
-- session, or what was decided since the one that it is about; nothing where nothing waits any more.
create function notifications.correction_fields(occasion text, correction_id uuid, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min(p.name),
        'day', notifications.say_day(min((s.starts_at at time zone p.time_zone)::date), correction_fields.language),
        'kind', notifications.say_component(min(s.component), correction_fields.language), 'count', count(*),
        'rows', jsonb_agg(jsonb_build_object('initials', notifications.initials(w.name))
            || case correction_fields.occasion when 'CORRECTION_DECIDED'
                then jsonb_build_object('countersigned', o.countersigned_at is not null) else '{}' end order by w.name, o.id))
    from scheduling.correction_published c
    join scheduling.correction_published o on o.session_id = c.session_id and o.requested_by = c.requested_by
        and case correction_fields.occasion when 'CORRECTION_DECIDED' then o.decided_at >= c.decided_at else o.decided_at is null end
    join scheduling.session_published s on s.id = c.session_id
    join enrollment.prison_published p on p.id = s.prison_id
    join enrollment.participant_published w on w.id = o.participant_id
    where c.id = correction_fields.correction_id
    having count(*) > 0);

-- Due in a minute, so that those that come one after the other are told of at once: while a notice is in nobody's hands, or in a
-- summary that is in nobody's, it will say what comes of the same session from the same person.
create function notifications.plan_corrections(occasion text, correction_ids uuid[]) returns void
language sql
as $$
    insert into notifications.delivery (rule, subject_id, recipient_id, prison_id, due_at, useful_until)
    select distinct on (r.key, c.session_id, c.requested_by, a.recipient_id) r.key, c.id, a.recipient_id, c.prison_id, due.at,
        due.at + r.useful_for
    from notifications.rule r
    join scheduling.correction_published c on c.id = any (correction_ids)
    cross join lateral notifications.correction_audience(r.occasion, r.audience, c.id) a
    cross join (select context.now() + interval '1 minute' as at) due
    where r.occasion = plan_corrections.occasion and r.enabled and not exists (
        select from notifications.delivery d
        left join notifications.summary_item i on i.delivery_id = d.id
        join notifications.outbox q on q.delivery_id = coalesce(i.summary_id, d.id) and q.next_at is not null and q.lease_until is null
        join scheduling.correction_published o on o.id = d.subject_id
        where d.recipient_id = a.recipient_id and d.rule = r.key
            and d.id >= notifications.id_since(context.now() - interval '8 days')
            and o.session_id = c.session_id and o.requested_by = c.requested_by)
    order by r.key, c.session_id, c.requested_by, a.recipient_id, coalesce(c.decided_at, c.requested_at), c.id
    on conflict on constraint delivery_is_planned_once do nothing
$$;

-- As in 0208, and what is told of corrections.
create or replace function notifications.apply_scheduling(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'scheduling', previous, events);
begin
    with change as materialized (
        select subject_id as session_id, version, type, occurred_at
        from unnest(taken)
        where type in ('scheduling.session_scheduled', 'scheduling.session_changed', 'scheduling.session_cancelled')
    ), gone as (
        delete from notifications.outbox q
        using (select session_id, max(version) as version from change group by session_id) c
            join notifications.delivery d on d.subject_id = c.session_id and d.subject_version < c.version
        where q.delivery_id = d.id and q.next_at is not null and q.lease_until is null
        returning q.delivery_id, q.attempt
    ), superseded as (
        update notifications.delivery d
        set state = 'SUPERSEDED', cause = 'CHANGED', settled_at = context.now(), attempt = gone.attempt
        from gone
        where d.id = gone.delivery_id
    ), storm as (
        select case when count(distinct session_id) >= 5 then context.now() + interval '15 seconds' end as over_at
        from change
        where type <> 'scheduling.session_scheduled'
    ), planned as (
        select r.rule, c.session_id, c.version, r.recipient_id, r.prison_id, r.due_at, r.useful_until
        from change c
        join notifications.session_reminder r on r.session_id = c.session_id and r.version = c.version
        where r.due_at > c.occurred_at
        union all
        select n.rule, c.session_id, c.version, n.recipient_id, n.prison_id, coalesce(storm.over_at, c.occurred_at),
            least(c.occurred_at + n.useful_for, n.starts_at)
        from change c
        cross join storm
        join notifications.session_news n on n.session_id = c.session_id and n.version = c.version
        where c.type <> 'scheduling.session_scheduled'
            and (c.type, c.version) <> ('scheduling.session_cancelled', 1)
    )
    insert into notifications.delivery
        (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
    select rule, session_id, version, recipient_id, prison_id, due_at, useful_until
    from planned
    where useful_until > context.now()
    on conflict on constraint delivery_is_planned_once do nothing;
    perform notifications.plan_aftercare(array_agg(subject_id), min(occurred_at))
    from unnest(taken)
    where type in ('scheduling.session_scheduled', 'scheduling.session_changed')
    having count(*) > 0;
    perform notifications.plan_missed(array(select subject_id from unnest(taken)
        where type = 'scheduling.attendance_recorded'));
    perform notifications.plan_corrections('CORRECTION_REQUESTED', array(select subject_id from unnest(taken)
        where type = 'scheduling.correction_requested'));
    perform notifications.plan_corrections('CORRECTION_DECIDED', array(select subject_id from unnest(taken)
        where type in ('scheduling.correction_countersigned', 'scheduling.correction_refused')));
    return event.standing('notifications', 'scheduling');
end
$$;

-- As in 0208, and corrections.
create or replace function notifications.fields_of(occasion text, subject_id uuid, recipient_id uuid, day date,
    waiting_days integer, language text) returns jsonb
language plpgsql stable
as $$
begin
    case occasion
    when 'DAY_ROSTER' then return notifications.roster_fields(subject_id, day, language);
    when 'ATTENDANCE_UNMARKED' then return notifications.unmarked_fields(subject_id, day, language);
    when 'CASES_WAITING' then return notifications.waiting_fields(subject_id, day, waiting_days, language);
    when 'SESSIONS_MISSED' then return notifications.missed_fields(subject_id, recipient_id, waiting_days, language);
    when 'CORRECTION_REQUESTED', 'CORRECTION_DECIDED' then
        return notifications.correction_fields(occasion, subject_id, language);
    when 'AGREEMENT_EXPIRING' then return notifications.agreement_fields(subject_id, language);
    when 'WEEK_DIGEST' then return notifications.digest_fields(day, language);
    when 'SUMMARY' then return notifications.summary_fields(subject_id, recipient_id, language);
    when 'TEST' then
        return (select jsonb_build_object('name', s.name,
                'day', notifications.say_day((context.now() at time zone 'Asia/Jakarta')::date, fields_of.language))
            from identity.staff_published s
            where s.id = fields_of.recipient_id);
    else
        if not exists (select from identity.staff_published s where s.id = fields_of.recipient_id) then
            return notifications.aftercare_fields(subject_id, recipient_id, language);
        end if;
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

-- As in 0204, and corrections: the latest that waits, or that was decided.
create or replace function notifications.preview_subject(occasion text, chosen uuid, times integer)
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
    when 'CORRECTION_REQUESTED', 'CORRECTION_DECIDED' then return query
        select c.id, c.prison_id, null::date, null::uuid[]
        from scheduling.correction_published c
        where (c.decided_at is null) = (occasion = 'CORRECTION_REQUESTED') and (chosen is null or chosen in (c.id, c.session_id, c.prison_id))
        order by coalesce(c.decided_at, c.requested_at) desc
        limit 1;
    when 'WEEK_DIGEST' then return query
        select context.user_id(), null::uuid, (context.now() at time zone 'Asia/Jakarta')::date, null::uuid[];
    when 'TEST' then return query select context.user_id(), null::uuid, null::date, null::uuid[];
    else return;
    end case;
end
$$;
