select s.id as session_id, s.prison_id, s.component, s.starts_at, s.ends_at, scheduling.substitutes(s) as substitute_ids,
    s.id || '|' || s.starts_at as page_key
from scheduling.counsellor_absence a
join scheduling.session_counsellor c on c.counsellor_id = a.counsellor_id and c.occupies
    and c.starts_at < a.ends_at and c.ends_at > a.starts_at and c.starts_at > context.now()
join scheduling.session s on s.id = c.session_id
where a.id = :absence_id
    and (:page_key::text is null or (s.starts_at, s.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by s.starts_at, s.id
limit :page_limit
