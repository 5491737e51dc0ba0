-- in: MarkDeliveriesRequest
-- out: none
-- One statement for all sends that have ended. An outcome counts only for the claim it belongs to; said twice, it counts
-- once. The attempt is recorded either way: it happened.
with outcome as materialized (
    select delivery_id, attempt, outcome, code, answer, retry_ms
    from unnest(:delivery_ids::uuid[], :attempts::integer[], :outcomes::text[], :codes::integer[], :answers::text[],
        :retry_ms::integer[]) as o (delivery_id, attempt, outcome, code, answer, retry_ms)
), recorded as (
    insert into notifications.attempt (delivery_id, number, outcome, code, answer)
    select delivery_id, attempt, outcome, code, coalesce(left(answer, 500), '') from outcome
    on conflict on constraint attempt_pkey do nothing
)
update notifications.delivery d
set state = case o.outcome when 'SENT' then 'SENT' when 'RETRY' then 'PENDING' when 'EMPTY' then 'SUPERSEDED' else 'DEAD' end,
    cause = case o.outcome when 'EMPTY' then 'EMPTY'
        when 'DEAD' then case when o.code between 400 and 499 then 'ATTEMPTS_USED' else 'REFUSED' end end,
    next_at = case o.outcome when 'RETRY' then context.now() + o.retry_ms * interval '1 millisecond' else d.next_at end,
    settled_at = case when o.outcome <> 'RETRY' then context.now() end,
    lease_until = null
from outcome o
where d.id = o.delivery_id and d.attempt = o.attempt and d.state = 'PENDING' and d.lease_until is not null
