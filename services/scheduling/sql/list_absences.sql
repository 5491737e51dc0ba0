select a.id, a.counsellor_id, a.starts_at, a.ends_at, a.note, (
    select count(*)::integer from scheduling.session_counsellor c
    where c.counsellor_id = a.counsellor_id and c.occupies and c.starts_at > context.now()
        and c.starts_at < a.ends_at and c.ends_at > a.starts_at) as affected_count, false as withdrawn,
    a.id || '|' || a.starts_at as page_key
from scheduling.counsellor_absence a
where a.ends_at > context.now() and a.withdrawn_at is null and scheduling.may_be_absent(a.counsellor_id)
    and (:counsellor_id::uuid is null or a.counsellor_id = :counsellor_id)
    and (:page_key::text is null or (a.starts_at, a.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by a.starts_at, a.id
limit :page_limit
