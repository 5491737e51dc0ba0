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

-- As in 0203, and what is missed in a row.
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
