select c.session_id, c.version, c.kind, c.was_starts_at, c.was_ends_at, o.name as was_room_name, s.component, s.starts_at,
    s.ends_at, r.name as room_name, s.status, s.cancel_reason, s.cancel_note, c.changed_at, k.name as changed_by_name,
    c.session_id || '|' || c.version || '|' || c.changed_at as page_key
from scheduling.session_change c
join scheduling.session s on s.id = c.session_id
join scheduling.room r on r.id = s.room_id
left join scheduling.room o on o.id = c.was_room_id
left join identity.staff_published k on k.id = c.changed_by
where c.prison_id = :prison_id
    and (:page_key::text is null or (c.changed_at, c.session_id, c.version) < (split_part(:page_key, '|', 3)::timestamptz,
        split_part(:page_key, '|', 1)::uuid, split_part(:page_key, '|', 2)::integer))
order by c.changed_at desc, c.session_id desc, c.version desc
limit :page_limit
