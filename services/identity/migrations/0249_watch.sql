-- What an operator is to know of sign-ins, backups and drills (deploy/observe): numbers, and nobody's name.
create function identity.watch(out sign_ins_refused bigint)
language sql stable security definer set search_path = ''
as $$
    -- Of the latest alone: there is no index by time.
    select count(*)
    from (select kind, occurred_at from identity.access_log order by number desc limit 5000) latest
    where kind = 'SIGN_IN_REFUSED' and occurred_at > context.now() - interval '1 hour'
$$;

-- How long ago each kind and part last succeeded; what never did, decades ago.
create function identity.watch_upkeep(out kind text, out part text, out age_seconds double precision)
returns setof record
language sql stable security definer set search_path = ''
as $$
    select k.kind, p.part, extract(epoch from context.now() - coalesce(max(u.ended_at), 'epoch'))
    from (values ('BACKUP'), ('DRILL')) k (kind)
    cross join (values ('DATABASE'), ('KEY_STORE')) p (part)
    left join identity.upkeep u on u.kind = k.kind and u.part = p.part and u.succeeded
    group by k.kind, p.part
$$;

revoke execute on function identity.watch(), identity.watch_upkeep() from public;
grant execute on function identity.watch(), identity.watch_upkeep() to pulih_watch;
grant usage on schema identity to pulih_watch;
