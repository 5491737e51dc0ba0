select c.id as "closure.id", c.prison_id as "closure.prison_id", c.kind as "closure.kind", c.starts_at as "closure.starts_at",
    c.ends_at as "closure.ends_at", c.note as "closure.note",
    (select count(*) from scheduling.session s
        where s.prison_id = c.prison_id and s.starts_at > c.starts_at - interval '12 hours' and s.starts_at < c.ends_at
            and s.ends_at > c.starts_at and s.cancel_reason = 'CLOSURE')::integer as cancelled_count,
    k.name as created_by_name, c.id || '|' || c.starts_at as page_key
from scheduling.closure c
left join identity.staff_published k on k.id = c.created_by
where c.prison_id = :prison_id and c.ends_at > context.now()
    and (:page_key::text is null or (c.starts_at, c.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by c.starts_at, c.id
limit :page_limit
