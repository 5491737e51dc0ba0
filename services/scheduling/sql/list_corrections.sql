select id, session_id, participant_id, mark, remark, reason, requested_by, requested_at, countersigned_by, countersigned_at,
    id || '|' || requested_at as page_key
from scheduling.attendance_correction
where countersigned_at is null and (:prison_id::uuid is null or prison_id = :prison_id)
    and (:page_key::text is null or (requested_at, id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by requested_at, id
limit :page_limit
