select d.id, d.rule, d.subject_id, coalesce(d.subject_version, 0) as subject_version, d.day, d.recipient_id,
    coalesce(p.name, notifications.initials(a.name)) as recipient_name, d.prison_id, d.planned_at, d.due_at,
    null::timestamptz as next_at, d.state, d.cause,
    d.settled_at, d.attempt as attempt_count, notifications.attempts_of(d.id) as attempts,
    d.channel, d.receipt, d.receipt_at, d.id::text as page_key
from notifications.outbox q
join notifications.delivery d on d.id = q.delivery_id
left join identity.staff_published p on p.id = d.recipient_id
left join enrollment.aftercare_contact_published a on a.participant_id = d.recipient_id
where q.next_at is null and (:page_key::text is null or q.delivery_id < :page_key::uuid)
order by q.delivery_id desc
limit :page_limit
