-- What an operator is to know of agreements and prisons (deploy/observe): numbers, and nobody's name.
create function enrollment.watch(out renewal_overdue_seconds double precision, out prisons bigint, out silent bigint)
language plpgsql security definer set search_path = ''
as $$
begin
    -- As a service of the whole foundation.
    perform set_config('pulih.prison_id', '*', true), set_config('pulih.roles', 'SERVICE', true);
    select into renewal_overdue_seconds, prisons, silent
        -- How long ago the cases of a renewed agreement should have moved to the new one.
        greatest(coalesce(extract(epoch from context.now() - enrollment.next_renewal_at()), 0), 0),
        count(*),
        -- Where work goes on and nobody has signed in for three days.
        count(*) filter (where coalesce(identity.last_contact(p.id) < context.now() - interval '3 days', true))
    from enrollment.prison p
    where exists (
        select from enrollment.agreement a
        where a.prison_id = p.id and a.force @> (context.now() at time zone p.time_zone)::date);
end
$$;
revoke execute on function enrollment.watch() from public;
grant usage on schema enrollment to pulih_watch;
grant execute on function enrollment.watch() to pulih_watch;
