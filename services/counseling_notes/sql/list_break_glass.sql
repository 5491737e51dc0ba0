select id, prison_id, participant_id, asked_by, reason, asked_at, ends_at, verdict, reviewed_by, reviewed_at, comment,
    id::text as page_key
from notes.break_glass
where (:participant_id::uuid is null or participant_id = :participant_id)
    and (not :waiting_only or verdict is null)
    and (:page_key::text is null or id < :page_key::uuid)
order by id desc
limit :page_limit
