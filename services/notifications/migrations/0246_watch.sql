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

revoke execute on function notifications.watch() from public;
grant usage on schema notifications to pulih_watch;
grant execute on function notifications.watch() to pulih_watch;
