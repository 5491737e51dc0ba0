select newest.transaction as "position.transaction", newest.id as "position.id",
    exists (select from event.pending where producer = :producer) as pending
from (values (true)) as always
left join lateral (
    select transaction, id
    from event.readable
    where producer = :producer
    order by transaction desc, id desc
    limit 1
) as newest on true
