-- Somebody has missed several sessions in a row: whoever works with them is told the next morning, by initials.
insert into notifications.occasion (name, example) values
('SESSIONS_MISSED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "kind": "sesi kelompok",
    "person_count": 1, "rows": [{"initials": "B.S.", "missed": 2}]}');

insert into notifications.template (key, language, occasion, subject, body) values
('SESSIONS_MISSED', 'id', 'SESSIONS_MISSED', 'Berturut-turut tidak hadir: {{person_count}} orang ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: {{person_count}} orang tidak hadir beberapa kali berturut-turut.

{{#rows}}
{{initials}}  {{missed}} kali
{{/rows}}

Rinciannya ada di halaman Pulih.
'),
('SESSIONS_MISSED', 'en', 'SESSIONS_MISSED', 'Missed in a row: {{person_count}} people ({{prison}})',
'{{prison}}, {{day}}, {{kind}}: {{person_count}} have missed several appointments in a row.

{{#rows}}
{{initials}}  {{missed}} times
{{/rows}}

The details are on the Pulih page.
');
insert into notifications.rule (key, occasion, built_in, at_time, missed_sessions, audience, template, useful_for) values
('SESSIONS_MISSED', 'SESSIONS_MISSED', true, '07:00', 2, '{COUNSELLOR}', 'SESSIONS_MISSED', '3 days');

-- Who missed this session, and how many in a row by then. What was cancelled, or isn't marked, counts neither way.
create function notifications.missed_in_row(session_id uuid)
returns table (participant_id uuid, counsellor_id uuid, missed integer)
language sql stable
as $$
    select m.participant_id, c.counsellor_id, (
        select count(*)::integer
        from scheduling.session_participant_published e
        where e.participant_id = m.participant_id and e.starts_at <= m.starts_at
            and e.mark not in ('ATTENDED', 'LATE', 'SESSION_CANCELLED')
            and not exists (select from scheduling.session_participant_published a
                where a.participant_id = m.participant_id and a.starts_at > e.starts_at and a.starts_at <= m.starts_at
                    and a.mark in ('ATTENDED', 'LATE')))
    from scheduling.session_participant_published m
    left join enrollment.case_published c on c.id = m.enrollment_id
    where m.session_id = missed_in_row.session_id and m.mark not in ('ATTENDED', 'LATE', 'SESSION_CANCELLED')
$$;

-- For a counsellor those of their own, for others all.
create function notifications.missed_fields(session_id uuid, recipient_id uuid, missed_sessions integer, language text)
returns jsonb
language sql stable
return (select jsonb_build_object('prison', min(p.name),
        'day', notifications.say_day(min((s.starts_at at time zone p.time_zone)::date), missed_fields.language),
        'kind', notifications.say_component(min(s.component), missed_fields.language), 'person_count', count(*),
        'rows', jsonb_agg(jsonb_build_object('initials', notifications.initials(w.name), 'missed', m.missed)
            order by m.missed desc, w.name))
    from scheduling.session_published s
    join enrollment.prison_published p on p.id = s.prison_id
    cross join lateral notifications.missed_in_row(s.id) m
    join enrollment.participant_published w on w.id = m.participant_id
    where s.id = missed_fields.session_id and m.missed % missed_fields.missed_sessions = 0
        and (m.counsellor_id = missed_fields.recipient_id or not exists (select from identity.staff_published f
            where f.id = missed_fields.recipient_id and 'COUNSELLOR' = any (f.roles)))
    having count(*) > 0);

-- Who is told of it, when: at the rule's time of the prison's next morning after it was known.
create function notifications.plan_missed(session_ids uuid[]) returns void
language sql
as $$
    insert into notifications.delivery (rule, subject_id, day, recipient_id, prison_id, due_at, useful_until)
    select r.key, s.id, (s.starts_at at time zone p.time_zone)::date, a.recipient_id, s.prison_id, due.at, due.at + r.useful_for
    from notifications.rule r
    join scheduling.session_published s on s.id = any (session_ids)
    join enrollment.prison_published p on p.id = s.prison_id
    cross join lateral (select array_agg(m.counsellor_id) as counsellor_ids from notifications.missed_in_row(s.id) m
        where m.missed % r.missed_sessions = 0 having count(*) > 0) missed
    cross join lateral notifications.audience_of(r.audience, null, missed.counsellor_ids) a
    cross join lateral (select notifications.next_time(r.at_time, p.time_zone, context.now()) as at) due
    where r.occasion = 'SESSIONS_MISSED' and r.enabled and a.recipient_id is not null
        and s.starts_at > context.now() - interval '30 days'
    on conflict on constraint delivery_is_planned_once do nothing
$$;

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
    when 'AGREEMENT_EXPIRING' then return notifications.agreement_fields(subject_id, language);
    when 'WEEK_DIGEST' then return notifications.digest_fields(day, language);
    when 'SUMMARY' then return notifications.summary_fields(subject_id, recipient_id, language);
    when 'TEST' then
        return (select jsonb_build_object('name', s.name,
                'day', notifications.say_day((context.now() at time zone 'Asia/Jakarta')::date, fields_of.language))
            from identity.staff_published s
            where s.id = fields_of.recipient_id);
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

-- As in 0203, with what is missed in a row.
create or replace function notifications.summary_parts(summary_id uuid, recipient_id uuid, language text) returns jsonb
language sql stable
return (with item as materialized (
    select r.occasion, r.template, coalesce(r.waiting_days, r.missed_sessions) as count, d.id, d.subject_id, d.day, d.due_at
    from notifications.summary_item i
    join notifications.delivery d on d.id = i.delivery_id and d.subject_version is null
    join notifications.rule r on r.key = d.rule and r.enabled
    join identity.staff_contact p on p.id = summary_parts.recipient_id and p.roles && r.audience
    where i.summary_id = summary_parts.summary_id and d.useful_until > context.now()
), part as materialized (
    select item.*, notifications.fields_of(item.occasion, item.subject_id, summary_parts.recipient_id, item.day, item.count,
        summary_parts.language) as fields
    from item
)
select jsonb_agg(jsonb_build_object('subject', t.subject, 'body', t.body, 'fields', part.fields) order by part.due_at, part.id)
from part
join notifications.template t on t.key = part.template and t.language = summary_parts.language
where part.fields is not null);

-- As in 0203, and what recorded attendance calls for.
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
    perform notifications.plan_missed(array(select subject_id from unnest(taken)
        where type = 'scheduling.attendance_recorded'));
    return event.standing('notifications', 'scheduling');
end
$$;
