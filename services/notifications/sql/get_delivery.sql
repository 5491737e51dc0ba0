select d.id, d.rule, d.subject_id, coalesce(d.subject_version, 0) as subject_version, d.day, d.recipient_id,
    p.name as recipient_name, d.prison_id, d.planned_at, d.due_at,
    case when d.state = 'PENDING' then d.next_at end as next_at, d.state, d.cause, d.settled_at,
    d.attempt as attempt_count, notifications.attempts_of(d.id) as attempts
from notifications.delivery d
left join identity.staff_published p on p.id = d.recipient_id
where d.id = :delivery_id
