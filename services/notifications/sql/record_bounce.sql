-- The statuses are those that services/notifications/smtp_answer.c blames on the address. Only the address that the delivery
-- went to can be suppressed, whatever a report says. The event wakes the dispatchers.
with recorded as materialized (
    select d.id, d.prison_id, d.attempt, d.recipient_id, notifications.record_receipt(d.id, 'EMAIL', 'FAILED') as changed
    from notifications.delivery d
    where d.id = :delivery_id and :status::text like '5.%'
), suppressed as (
    insert into notifications.suppression (address, reason, answer, delivery_id)
    select lower(:recipient::text), 'BOUNCED', left(coalesce(:diagnostic, :status), 500), r.id
    from recorded r
    join notifications.recipient p on p.id = r.recipient_id and lower(p.email) = lower(:recipient::text)
    where r.changed and :status::text in ('5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1')
    on conflict on constraint suppression_pkey do nothing
), told as (
    select event.emit('notifications.delivery_bounced', r.prison_id, r.id, r.attempt) from recorded r where r.changed
)
select coalesce(bool_or(r.changed), false) as changed
from recorded r
left join told on true
