-- in: ClaimDeliveriesRequest
-- out: ClaimedDelivery rows
-- Takes what is due and in nobody's hands, passing over what another instance takes at this moment and what waits for a
-- channel whose server is down. Whether it is still to be sent is judged when its mail is composed. The limit stands in a
-- select so that the plan doesn't depend on it and is made once. A row that is locked stays in its place, so its ctid finds
-- it without an index; one that moved just before it was locked isn't found, and stays due. What was claimed before is leased
-- for up to twice as long: else one whose words take longer than a lease would have the same others with it each time.
with due as materialized (
    select ctid
    from notifications.outbox
    where next_at <= context.now() and (lease_until is null or lease_until <= context.machine_now())
        and channel = any (:channels::text[])
    order by next_at
    limit (select :limit::integer)
    for update skip locked
), looked_at as (
    update notifications.outbox
    set next_at = case when attempt - attempts_before < :attempts_limit::integer then next_at end,
        lease_until = case when attempt - attempts_before < :attempts_limit::integer then context.machine_now()
            + (1 + case when attempt > attempts_before then random() else 0 end) * :lease_ms::integer * interval '1 millisecond' end,
        attempt = attempt + case when attempt - attempts_before < :attempts_limit::integer then 1 else 0 end
    where ctid = any (array(select ctid from due))
    returning delivery_id, attempt, attempt - attempts_before as tries, next_at is not null as taken
), dead as (
    update notifications.delivery d
    set state = 'DEAD', cause = 'ATTEMPTS_USED', attempt = l.attempt, settled_at = context.now()
    from looked_at l
    where d.id = l.delivery_id and not l.taken
)
select delivery_id, attempt, tries, taken
from looked_at
