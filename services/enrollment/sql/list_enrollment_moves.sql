select m.version, m.from_status, m.to_status, m.prison_id, m.agreement_id, m.reason, m.comment, m.moved_by, m.moved_at,
    k.name as moved_by_name, m.version::text as page_key
from enrollment.enrollment_move m
left join identity.staff_published k on k.id = m.moved_by
where m.enrollment_id = :enrollment_id
    and (:page_key::text is null or m.version > :page_key::integer)
order by m.version
limit :page_limit
