-- The trigger compares the revision with the body's, and leaves a note that is signed as it is.
update notes.note
set signed_at = context.now(), signed_revision = :revision
where id = :note_id and author_id = context.user_id()
returning id, prison_id, type, participant_id, enrollment_id, group_note_id, session_id, author_id, occurred_at,
    created_at, review_on, signed_at
