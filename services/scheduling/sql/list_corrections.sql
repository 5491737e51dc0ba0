-- without: refused_by, refused_at, refusal
select c.id, c.session_id, c.participant_id, c.mark, c.remark, c.reason, c.requested_by, c.requested_at, c.countersigned_by,
    c.countersigned_at, w.name as participant_name, w.register_number, a.mark as standing_mark, k.name as requested_by_name,
    c.prison_id, s.starts_at, s.component, c.id || '|' || c.requested_at as page_key
from scheduling.attendance_correction c
join scheduling.session s on s.id = c.session_id
join enrollment.participant_published w on w.id = c.participant_id
left join scheduling.attendance a on a.session_id = c.session_id and a.participant_id = c.participant_id
left join identity.staff_published k on k.id = c.requested_by
where c.countersigned_at is null and c.refused_at is null and (:prison_id::uuid is null or c.prison_id = :prison_id)
    and (:page_key::text is null or (c.requested_at, c.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by c.requested_at, c.id
limit :page_limit
