-- What an operator is to know of scheduling (deploy/observe): numbers, and nobody's name.
create function scheduling.watch(out series_behind bigint)
language plpgsql security definer set search_path = ''
as $$
begin
    -- As a service of the whole foundation.
    perform set_config('pulih.prison_id', '*', true), set_config('pulih.roles', 'SERVICE', true);
    -- Whose sessions should have been made by the day before yesterday.
    select count(*) into series_behind
    from scheduling.series s
    join enrollment.prison p on p.id = s.prison_id
    where s.materialised_until < least(s.last_day, scheduling.horizon(p.time_zone)) - 2;
end
$$;

create function scheduling.watch_events(out producer text, out behind bigint, out behind_seconds double precision)
returns setof record
language sql stable security definer set search_path = ''
as $$
    select c.producer, count(l.id), coalesce(extract(epoch from context.now() - min(l.occurred_at)), 0)
    from scheduling.event_cursor c
    left join event.log l on l.producer = c.producer and (l.transaction, l.id) > (c.transaction, c.id)
    group by c.producer
$$;

revoke execute on function scheduling.watch(), scheduling.watch_events() from public;
grant usage on schema scheduling to pulih_watch;
grant execute on function scheduling.watch(), scheduling.watch_events() to pulih_watch;
