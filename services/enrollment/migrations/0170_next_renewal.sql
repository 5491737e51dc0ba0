-- When the next signed renewal comes into force; null when none will.
create function enrollment.next_renewal_at() returns timestamptz
language sql stable
return (
    select min(lower(r.force)::timestamp at time zone p.time_zone)
    from enrollment.agreement r
    join enrollment.prison p on p.id = r.prison_id
    where r.renews_id is not null and lower(r.force) > enrollment.today(r.prison_id));
