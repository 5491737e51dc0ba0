-- in: NoteId
-- out: FoundNote
-- read
select n.id as "note.id", n.prison_id as "note.prison_id", n.type as "note.type",
    n.participant_id as "note.participant_id", n.enrollment_id as "note.enrollment_id",
    n.group_note_id as "note.group_note_id", n.session_id as "note.session_id", n.author_id as "note.author_id",
    n.occurred_at as "note.occurred_at", n.created_at as "note.created_at", n.review_on as "note.review_on",
    n.signed_at as "note.signed_at", notes.reading_basis(n) as basis,
    exists (
        select from notes.key_destruction d
        where d.participant_id = n.participant_id and d.confirmed_at is not null
    ) as key_destroyed,
    w.name as "place.participant_name", w.register_number as "place.register_number", z.name as "place.prison_name",
    z.time_zone as "place.time_zone", z.time_zone_short_name as "place.zone", k.name as "place.author_name"
from notes.note n
join enrollment.prison_published z on z.id = n.prison_id
join identity.staff_published k on k.id = n.author_id
left join enrollment.participant_published w on w.id = n.participant_id
where n.id = :note_id
