select id, prison_id, type, participant_id, enrollment_id, group_note_id, session_id, author_id, occurred_at,
    created_at, review_on, signed_at, occurred_at || '|' || id as page_key
from notes.note
where (:enrollment_id::uuid is null or enrollment_id = :enrollment_id)
    and (:participant_id::uuid is null or participant_id = :participant_id)
    and (:session_id::uuid is null or session_id = :session_id)
    and (:type::text is null or type = :type)
    and (not :drafts_only or signed_at is null)
    and (:page_key::text is null or (occurred_at, id)
        < (split_part(:page_key, '|', 1)::timestamptz, split_part(:page_key, '|', 2)::uuid))
order by occurred_at desc, id desc
limit :page_limit
