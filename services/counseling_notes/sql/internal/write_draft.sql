-- in: WriteDraftRequest
-- out: pulih.notes.v1.Note
-- Triggers refuse what must stay as it is; the note's row is locked before its body, as signing does.
with draft as (
    insert into notes.note (id, prison_id, type, participant_id, enrollment_id, group_note_id, session_id, occurred_at,
        review_on)
    values (:id, :prison_id, :type, :participant_id, :enrollment_id, :group_note_id, :session_id, :occurred_at,
        :review_on)
    on conflict (id) do update
    set type = excluded.type, enrollment_id = excluded.enrollment_id, group_note_id = excluded.group_note_id,
        session_id = excluded.session_id, occurred_at = excluded.occurred_at, review_on = excluded.review_on
    returning id, prison_id, type, participant_id, enrollment_id, group_note_id, session_id, author_id, occurred_at,
        created_at, review_on, signed_at
), body as (
    insert into notes.note_body (note_id, revision, sealed, sealed_key, body_mac)
    select id, :revision, :sealed, :sealed_key, :body_mac from draft
    on conflict (note_id) do update
    set revision = excluded.revision, sealed = excluded.sealed, sealed_key = excluded.sealed_key,
        body_mac = excluded.body_mac
    returning note_id
)
select id, prison_id, type, participant_id, enrollment_id, group_note_id, session_id, author_id, occurred_at,
    created_at, review_on, signed_at
from draft
where exists (select from body)
