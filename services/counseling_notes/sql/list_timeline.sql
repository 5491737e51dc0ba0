-- One kind after another, put in order at the end; a person has some hundreds of entries in all. What bears a day alone is
-- put at noon of its prison.
with person as (
    select w.id, z.time_zone
    from enrollment.participant_published w
    join enrollment.prison_published z on z.id = w.prison_id
    where w.id = :participant_id and notes.in_care(w.id)
), entry as (
    select 'move|' || m.enrollment_id || '|' || m.version as id, m.moved_at as happened_at, 1 as kind, m.from_status,
        m.to_status, m.reason_indonesian, m.reason_english, m.comment as words, m.moved_by as person_id, m.prison_id,
        null::uuid as other_id, null::text as what, null::text as mark, null::integer as minutes, null::boolean as yes,
        null::boolean as mine, null::jsonb as scores
    from enrollment.move_published m where m.participant_id in (select p.id from person p)
    union all
    select 'session|' || p.session_id, p.starts_at, 2, null, null, null, null, a.remark, null, null, p.session_id, s.component,
        p.mark, (extract(epoch from p.ends_at - p.starts_at) / 60)::integer, s.status = 'SCHEDULED',
        exists (select from scheduling.session_counsellor c
            where c.session_id = p.session_id and c.counsellor_id = context.user_id()), null
    from scheduling.session_participant_published p
    join scheduling.session_published s on s.id = p.session_id
    left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
    where p.participant_id in (select p.id from person p) and p.starts_at <= context.now()
    union all
    select 'note|' || n.id, n.occurred_at, 3, null, null, null, null, null, n.author_id, null, n.id, n.type, null, null,
        n.signed_at is not null, notes.reading_basis(n) is not null, null
    from notes.note n where n.participant_id in (select p.id from person p)
    union all
    select 'consent|' || c.id, (c.given_on + time '12:00') at time zone p.time_zone, 4, null, null, null, null, c.witness, null,
        null, c.id, c.purpose, null, null, c.given, null, null
    from person p join enrollment.consent_entry_published c on c.participant_id = p.id
    union all
    select 'screening|' || s.id, (s.conducted_on + time '12:00') at time zone p.time_zone, 5, null, null, null, null, null, null,
        null, s.id, s.route, null, null, null, null, s.scores
    from person p join enrollment.screening_published s on s.participant_id = p.id
)
select e.id, e.happened_at, case kind when 1 then e.from_status end as "move.from_status",
    case kind when 1 then e.to_status end as "move.to_status", e.reason_indonesian as "move.reason_indonesian",
    e.reason_english as "move.reason_english", case kind when 1 then e.words end as "move.comment",
    case kind when 1 then k.name end as "move.moved_by", z.name as "move.prison_name",
    case kind when 2 then e.other_id end as "session.session_id", case kind when 2 then e.what end as "session.component",
    e.mark as "session.mark", case kind when 2 then e.words end as "session.remark", e.minutes as "session.minutes",
    case kind when 2 then case when e.yes then 'SCHEDULED' else 'CANCELLED' end end as "session.status",
    case kind when 2 then e.mine end as "session.mine",
    case kind when 3 then e.other_id end as "note.note_id", case kind when 3 then e.what end as "note.type",
    case kind when 3 then k.name end as "note.author_name", case kind when 3 then e.yes end as "note.signed",
    case kind when 3 then e.mine end as "note.readable",
    case kind when 4 then e.what end as "consent.purpose", case kind when 4 then e.yes end as "consent.given",
    case kind when 4 then e.words end as "consent.witness",
    case kind when 5 then e.what end as "screening.route", e.scores as "screening.scores",
    e.happened_at || '|' || e.id as page_key
from entry e
left join identity.staff_published k on k.id = e.person_id
left join enrollment.prison_published z on z.id = e.prison_id
where :page_key::text is null or (e.happened_at, e.id)
    < (split_part(:page_key, '|', 1)::timestamptz, substr(:page_key, length(split_part(:page_key, '|', 1)) + 2))
order by e.happened_at desc, e.id desc
limit :page_limit
