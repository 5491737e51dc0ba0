-- What an operator is to know of a consumer (deploy/observe), one function for all: the events of each producer that it hasn't
-- applied yet, and for how long the first has been waiting.
create function event.watch(consumer text, out producer text, out behind bigint, out behind_seconds double precision)
returns setof record
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query execute format($query$
        select c.producer, count(l.id), coalesce(extract(epoch from context.now() - min(l.occurred_at)), 0)::double precision
        from %I.event_cursor c
        left join event.log l on l.producer = c.producer and (l.transaction, l.id) > (c.transaction, c.id)
        group by c.producer
    $query$, consumer);
end
$$;
revoke execute on function event.watch(text) from public;
grant execute on function event.watch(text) to pulih_watch;
