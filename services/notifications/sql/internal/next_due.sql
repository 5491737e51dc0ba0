-- in: NextDueRequest
-- out: NextDue
-- read
-- Held ones are few, no more than all instances together have slots; so the first thousand of the queue hold either one
-- that is free or all that are held.
select min(next_at) filter (where free) as due_at,
    coalesce(ceil(extract(epoch from min(lease_until) filter (where not free) - context.machine_now()) * 1000), 0)::integer
        as lease_ms
from (select next_at, lease_until, lease_until is null or lease_until <= context.machine_now() as free
    from notifications.outbox
    where next_at is not null and channel = any (:channels::text[])
    order by next_at
    limit 1000) waiting
