-- Consuming events exactly once: a consumer's cursor moves in the transaction of the effect. A consumer has a table
--   create table notifications.event_cursor (producer text primary key, transaction xid8 not null, id bigint not null)
-- that its role may select, insert and update, and for each producer a function that its apply_<producer>.sql calls:
--   insert into notifications.… select … from event.take('notifications', producer, previous, events) where type = …;
--   return event.standing('notifications', producer);
create type event.position as (transaction xid8, id bigint);

-- A pulih.event.v1.Position in ProtoJSON, which leaves zeros out; null is the beginning.
create function event.position_of(place jsonb) returns event.position
language sql immutable parallel safe
return row(coalesce(place ->> 'transaction', '0')::xid8, coalesce(place ->> 'id', '0')::bigint)::event.position;

-- Where the consumer stands. In the statement that took events it is where they end.
create function event.standing(consumer text, producer text) returns event.position
language plpgsql
as $$
declare
    place event.position := event.position_of(null);
begin
    execute format('select c.transaction, c.id from %I.event_cursor c where c.producer = $1', consumer)
    into place using producer;
    return coalesce(place, event.position_of(null));
end
$$;

-- The events of a pulih.event.v1.EventBatch that the consumer hasn't had, in order; its cursor goes behind them. A second
-- instance of the consumer waits at the cursor's row and then gets none twice. None at all when the batch begins beyond
-- the cursor: some were missed, which standing() shows.
create function event.take(consumer text, producer text, previous jsonb, events jsonb)
returns table (transaction xid8, id bigint, type text, prison_id uuid, subject_id uuid, version integer, actor_id uuid,
    occurred_at timestamptz)
language plpgsql
as $$
declare
    standing event.position;
    last event.position;
begin
    execute format('insert into %I.event_cursor (producer, transaction, id) values ($1, ''0'', 0) on conflict do nothing',
        consumer) using producer;
    execute format('select c.transaction, c.id from %I.event_cursor c where c.producer = $1 for update', consumer)
    into standing using producer;
    last := event.position_of(events -> -1 -> 'position');
    if event.position_of(previous) > standing or last <= standing then
        return;
    end if;
    execute format('update %I.event_cursor set transaction = $2, id = $3 where producer = $1', consumer)
    using producer, last.transaction, last.id;
    return query
    select place.transaction, place.id, e ->> 'type', (e ->> 'prison_id')::uuid, (e ->> 'subject_id')::uuid,
        coalesce(e ->> 'version', '0')::integer, (e ->> 'actor_id')::uuid, (e ->> 'occurred_at')::timestamptz
    from jsonb_array_elements(events) with ordinality as listed (e, number),
        event.position_of(e -> 'position') as place
    where (place.transaction, place.id) > (standing.transaction, standing.id)
    order by number;
end
$$;
