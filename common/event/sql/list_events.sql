-- Only what no running transaction can still precede: event.readable stops at the snapshot's xmin.
select transaction as "position.transaction", id as "position.id",
    type, prison_id, subject_id, version, actor_id, occurred_at
from event.readable
where producer = :producer
    and (transaction, id) > (coalesce(:after.transaction::bigint, 0)::text::xid8, coalesce(:after.id::bigint, 0))
order by transaction, id
limit least(coalesce(nullif(:limit::integer, 0), 1000), 1000)
