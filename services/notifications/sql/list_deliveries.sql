-- without: attempts
select d.id, d.rule, d.subject_id, coalesce(d.subject_version, 0) as subject_version, d.day, d.recipient_id,
    coalesce(p.name, notifications.initials(a.name)) as recipient_name, d.prison_id, d.planned_at, d.due_at,
    q.next_at, d.state, d.cause, d.settled_at,
    coalesce(q.attempt, d.attempt) as attempt_count, d.channel, d.receipt, d.receipt_at, d.id::text as page_key
from notifications.delivery d
left join notifications.outbox q on q.delivery_id = d.id
left join identity.staff_published p on p.id = d.recipient_id
left join enrollment.aftercare_contact_published a on a.participant_id = d.recipient_id
where (:state::text is null or d.state = :state)
    and (:recipient_id::uuid is null or d.recipient_id = :recipient_id)
    and (:subject_id::uuid is null or d.subject_id = :subject_id)
    and (:rule::text is null or d.rule = :rule)
    and (:prison_id::uuid is null or d.prison_id = :prison_id)
    and (:page_key::text is null or d.id < :page_key::uuid)
order by d.id desc
limit :page_limit
