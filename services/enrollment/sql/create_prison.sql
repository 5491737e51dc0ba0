insert into enrollment.prison as p (id, code, name, time_zone, address, aftercare)
values (:id, :code, :name, :time_zone, coalesce(:address, ''), :aftercare)
on conflict (id) do update set id = excluded.id
returning p.id, p.code, p.name, p.time_zone, p.address, p.aftercare, p.version,
    (select z.short_name from enrollment.time_zone z where z.name = p.time_zone) as time_zone_short_name
