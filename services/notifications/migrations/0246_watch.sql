-- What an operator is to know of sending (deploy/observe): numbers, and nobody's name. The login pulih_watch reads them and
-- nothing else of ours.
create function notifications.watch(
    out waiting bigint, out late bigint, out late_seconds double precision, out dead bigint
)
language sql stable security definer set search_path = ''
as $$
    select count(*) filter (where next_at is not null),
        count(*) filter (where next_at < context.now() - interval '5 minutes'),
        coalesce(extract(epoch from context.now() - min(next_at)), 0),
        count(*) filter (where next_at is null)
    from notifications.outbox
$$;

-- Events that aren't applied yet, and for how long the first has been waiting.
create function notifications.watch_events(out producer text, out behind bigint, out behind_seconds double precision)
returns setof record
language sql stable security definer set search_path = ''
as $$
    select c.producer, count(l.id), coalesce(extract(epoch from context.now() - min(l.occurred_at)), 0)
    from notifications.event_cursor c
    left join event.log l on l.producer = c.producer and (l.transaction, l.id) > (c.transaction, c.id)
    group by c.producer
$$;

revoke execute on function notifications.watch(), notifications.watch_events() from public;
grant usage on schema notifications to pulih_watch;
grant execute on function notifications.watch(), notifications.watch_events() to pulih_watch;
