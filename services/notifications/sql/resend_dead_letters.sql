-- Rows that somebody else resends at this moment are passed over: they are being resent.
with picked as materialized (
    select q.delivery_id
    from notifications.outbox q
    join notifications.delivery d on d.id = q.delivery_id
    where q.next_at is null and d.state = 'DEAD' and (:cause::text is null or d.cause = :cause)
        and (:channel::text is null or d.channel = :channel)
    order by d.settled_at, q.delivery_id
    limit (select least(coalesce(nullif(:limit::integer, 0), 1000), 1000))
    for update of q skip locked
), resent as (
    update notifications.delivery
    set state = 'PENDING', cause = null, settled_at = null, step = 0, receipt = null, receipt_at = null,
        receipt_channel = null
    where id = any (array(select delivery_id from picked)) and state = 'DEAD'
    returning id
)
select count(*)::integer as resent_count
from resent
