select d.id, d.rule, d.subject_id, coalesce(d.subject_version, 0) as subject_version, d.day, d.recipient_id,
    coalesce(p.name, notifications.initials(a.name)) as recipient_name, d.prison_id, d.planned_at, d.due_at,
    q.next_at, d.state, d.cause, d.settled_at,
    coalesce(q.attempt, d.attempt) as attempt_count, notifications.attempts_of(d.id) as attempts,
    d.channel, d.receipt, d.receipt_at
from notifications.delivery d
left join notifications.outbox q on q.delivery_id = d.id
left join identity.staff_published p on p.id = d.recipient_id
left join enrollment.aftercare_contact_published a on a.participant_id = d.recipient_id
where d.id = :delivery_id
