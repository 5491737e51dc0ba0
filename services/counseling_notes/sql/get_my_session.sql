with own as (
    select exists (select from scheduling.session_counsellor c
        where c.session_id = :session_id and c.counsellor_id = context.user_id()) as mine
)
select s.session_id as "session.session_id", s.prison_id as "session.prison_id", s.prison_name as "session.prison_name",
    s.time_zone as "session.time_zone", s.zone as "session.zone", s.room_name as "session.room_name",
    s.component as "session.component", s.starts_at as "session.starts_at", s.ends_at as "session.ends_at",
    s.status as "session.status", s.cancel_reason as "session.cancel_reason",
    s.participant_count as "session.participant_count", s.unmarked_count as "session.unmarked_count",
    s.not_held as "session.not_held", s.register_number as "session.register_number", s.note_state as "session.note_state",
    s.travel_minutes as "session.travel_minutes", s.travel_from as "session.travel_from", s.version as "session.version",
    scheduling.cohort_name(d.series_id) as "session.cohort_name",
    own.mine, d.cancel_note,
    array(select k.name from scheduling.session_counsellor c join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.session_id and c.counsellor_id <> context.user_id() order by k.name) as other_counsellors,
    notes.expected_people(s.session_id) as people, shared.id as group_note_id, shared.signed_at is not null as group_note_signed
from own
join notes.counsellor_session s on s.session_id = :session_id
join scheduling.session d on d.id = s.session_id
left join lateral (
    select n.id, n.signed_at from notes.note n
    where n.session_id = s.session_id and n.enrollment_id is null and n.author_id = context.user_id()
    order by n.signed_at nulls first, n.created_at desc limit 1) shared on true
where own.mine or context.has_role('CLINICAL_SUPERVISOR')
