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

revoke execute on function scheduling.watch() from public;
grant usage on schema scheduling to pulih_watch;
grant execute on function scheduling.watch() to pulih_watch;
