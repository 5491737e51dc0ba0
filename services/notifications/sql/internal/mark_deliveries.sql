-- in: MarkDeliveriesRequest
-- out: none
-- One statement for all sends that have ended. An outcome counts only for the claim it belongs to; said twice, it counts
-- once. The attempt is recorded either way: it happened. That it was sent stands with the delivery, unless it came too late.
with outcome as materialized (
    select delivery_id, attempt, outcome, code, coalesce(left(answer, 500), '') as answer, retry_ms
    from unnest(:delivery_ids::uuid[], :attempts::integer[], :outcomes::text[], :codes::integer[], :answers::text[],
        :retry_ms::integer[]) as o (delivery_id, attempt, outcome, code, answer, retry_ms)
), gone as (
    delete from notifications.outbox q
    using outcome o
    where q.delivery_id = o.delivery_id and q.attempt = o.attempt and q.lease_until is not null
        and o.outcome in ('SENT', 'DROPPED')
    returning o.delivery_id, o.attempt, o.outcome, o.code, o.answer
), kept as (
    update notifications.outbox q
    set next_at = case o.outcome when 'RETRY' then context.now() + o.retry_ms * interval '1 millisecond' end,
        lease_until = null
    from outcome o
    where q.delivery_id = o.delivery_id and q.attempt = o.attempt and q.lease_until is not null
        and o.outcome in ('RETRY', 'DEAD')
    returning o.delivery_id, o.attempt, o.outcome, o.code, o.answer
), settled as (
    update notifications.delivery d
    set state = case o.outcome when 'DROPPED' then 'SUPERSEDED' else o.outcome end,
        cause = case o.outcome when 'DROPPED' then o.answer
            when 'DEAD' then case when o.code between 400 and 499 then 'ATTEMPTS_USED' else 'REFUSED' end end,
        attempt = o.attempt,
        settled_at = context.now(),
        code = case o.outcome when 'SENT' then o.code end,
        answer = case o.outcome when 'SENT' then o.answer end
    from (select * from gone union all select * from kept where outcome = 'DEAD') o
    where d.id = o.delivery_id
)
insert into notifications.attempt (delivery_id, number, outcome, code, answer)
select delivery_id, attempt, outcome, code, answer
from outcome o
where o.outcome in ('RETRY', 'DEAD') or o.outcome = 'SENT'
    and not exists (select from gone g where g.delivery_id = o.delivery_id and g.attempt = o.attempt)
    and not exists (select from notifications.delivery d
        where d.id = o.delivery_id and d.attempt = o.attempt and d.state = 'SENT')
on conflict on constraint attempt_pkey do nothing
