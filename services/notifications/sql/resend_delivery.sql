-- What is under way already is given as it is.
with resent as (
    update notifications.delivery
    set state = 'PENDING', cause = null, settled_at = null, step = 0, receipt = null, receipt_at = null,
        receipt_channel = null
    where id = :delivery_id
    returning id, rule, subject_id, subject_version, day, recipient_id, prison_id, planned_at, due_at, state, cause,
        settled_at, attempt, channel, receipt, receipt_at
)
select r.id, r.rule, r.subject_id, coalesce(r.subject_version, 0) as subject_version, r.day, r.recipient_id,
    coalesce(p.name, notifications.initials(a.name)) as recipient_name, r.prison_id, r.planned_at, r.due_at,
    coalesce(q.next_at, context.now()) as next_at, r.state, r.cause, r.settled_at, coalesce(q.attempt, r.attempt) as attempt_count, notifications.attempts_of(r.id) as attempts,
    r.channel, r.receipt, r.receipt_at
from resent r
left join notifications.outbox q on q.delivery_id = r.id
left join identity.staff_published p on p.id = r.recipient_id
left join enrollment.aftercare_contact_published a on a.participant_id = r.recipient_id
