-- in: MarkDeliveriesRequest
-- out: none
-- One statement for all sends that have ended. An outcome counts only for the claim it belongs to; said twice, it counts
-- once. The attempt is recorded either way: it happened. That it was sent stands with the delivery, unless it came too late
-- or a fallback follows. What was said is kept, however it was sent. A gateway's receipt may have been faster than its answer:
-- what was delivered needs no fallback, what failed needs it at once.
with ended as materialized (
    select delivery_id, attempt, outcome, code, coalesce(left(answer, 500), '') as answer, retry_ms,
        nullif(cause, '') as cause, nullif(channel, '') as channel, nullif(next_channel, '') as next_channel,
        nullif(subject, '') as subject, body, lower(nullif(bad_address, '')) as bad_address
    from unnest(:delivery_ids::uuid[], :attempts::integer[], :outcomes::text[], :codes::integer[], :answers::text[],
        :retry_ms::integer[], :causes::text[], :channels::text[], :next_channels::text[], :subjects::text[],
        :bodies::text[], :bad_addresses::text[]) as o (delivery_id, attempt, outcome, code, answer, retry_ms, cause, channel, next_channel, subject,
        body, bad_address)
), early as materialized (
    select d.id, d.receipt, d.receipt_channel
    from notifications.delivery d
    where d.id = any (array(select delivery_id from ended where channel <> 'EMAIL' and outcome in ('SENT', 'AWAITED')))
        and d.receipt is not null
), outcome as materialized (
    select e.delivery_id, e.attempt, case
            when early.receipt in ('DELIVERED', 'READ') then 'SENT'
            when early.receipt_channel = e.channel then 'AWAITED'
            else e.outcome end as outcome,
        e.code, e.answer, case when early.receipt_channel = e.channel then 0 else e.retry_ms end as retry_ms, e.cause,
        e.channel, e.next_channel, e.subject, e.body, e.bad_address
    from ended e
    left join early on early.id = e.delivery_id and e.outcome in ('SENT', 'AWAITED')
), gone as (
    delete from notifications.outbox q
    using outcome o
    where q.delivery_id = o.delivery_id and q.attempt = o.attempt and q.lease_until is not null
        and o.outcome in ('SENT', 'DROPPED')
    returning o.delivery_id, o.attempt, o.outcome, o.code, o.answer, o.cause, o.channel
), kept as (
    update notifications.outbox q
    set next_at = case when o.outcome <> 'DEAD' then context.now() + o.retry_ms * interval '1 millisecond' end,
        lease_until = null,
        attempts_before = case o.outcome when 'WAIT' then q.attempts_before + 1 when 'NEXT' then q.attempt
            when 'AWAITED' then q.attempt else q.attempts_before end,
        channel = coalesce(case when o.outcome in ('AWAITED', 'NEXT') then o.next_channel else o.channel end, q.channel)
    from outcome o
    where q.delivery_id = o.delivery_id and q.attempt = o.attempt and q.lease_until is not null
        and o.outcome in ('AWAITED', 'RETRY', 'WAIT', 'NEXT', 'DEAD')
    returning o.delivery_id, o.attempt, o.outcome, o.code, o.answer, o.cause, o.channel
), settled as (
    update notifications.delivery d
    set state = case o.outcome when 'DROPPED' then 'SUPERSEDED' when 'AWAITED' then 'SENT' when 'NEXT' then d.state
            else o.outcome end,
        cause = case when o.outcome in ('DROPPED', 'DEAD') then o.cause end,
        attempt = o.attempt,
        settled_at = case o.outcome when 'NEXT' then d.settled_at else context.now() end,
        code = case when o.outcome in ('SENT', 'AWAITED') then o.code else d.code end,
        answer = case when o.outcome in ('SENT', 'AWAITED') then o.answer else d.answer end,
        channel = coalesce(o.channel, d.channel),
        step = d.step + case when o.outcome in ('NEXT', 'AWAITED') then 1 else 0 end
    from (select * from gone union all select * from kept where outcome in ('AWAITED', 'NEXT', 'DEAD')) o
    where d.id = o.delivery_id
    returning d.id, d.recipient_id, d.prison_id
), reader as (
    select id, recipient_id, prison_id
    from settled
    union
    select id, recipient_id, prison_id
    from notifications.delivery
    where id = any (array(select delivery_id from outcome where outcome = 'RETRY'))
), said as (
    insert into notifications.notice (delivery_id, person_id, prison_id, subject, body)
    select r.id, r.recipient_id, r.prison_id, o.subject, o.body
    from (select distinct on (delivery_id) delivery_id, subject, body from outcome where subject is not null
        order by delivery_id, attempt desc) o
    join reader r on r.id = o.delivery_id
    on conflict on constraint notice_pkey do update set subject = excluded.subject, body = excluded.body
        where (notice.subject, notice.body) <> (excluded.subject, excluded.body)
), suppressed as (
    insert into notifications.suppression (address, reason, answer, delivery_id)
    select distinct on (bad_address) bad_address, 'REFUSED', answer, delivery_id
    from outcome
    where bad_address is not null
    on conflict on constraint suppression_pkey do nothing
), turned_away as (
    update notifications.endpoint e
    set enabled = false, disabled_answer = 'HTTP 410: ' || o.answer
    from (select distinct on (channel) channel, answer from outcome where cause = 'ENDPOINT_OFF' and code = 410) o
    where e.channel = o.channel and e.enabled
)
insert into notifications.attempt (delivery_id, number, outcome, code, answer, channel)
select delivery_id, attempt, case outcome when 'AWAITED' then 'SENT' else outcome end, code, answer, channel
from outcome o
where o.outcome in ('AWAITED', 'RETRY', 'NEXT', 'DEAD') or o.outcome = 'SENT'
    and not exists (select from gone g where g.delivery_id = o.delivery_id and g.attempt = o.attempt)
    and not exists (select from notifications.delivery d
        where d.id = o.delivery_id and d.attempt = o.attempt and d.state = 'SENT')
on conflict on constraint attempt_pkey do nothing
