update enrollment.prison p
set name = :name, time_zone = :time_zone, address = coalesce(:address, ''), version = :version
where p.id = :id
returning p.id, p.code, p.name, p.time_zone, p.address, p.aftercare, p.version,
    (select z.short_name from enrollment.time_zone z where z.name = p.time_zone) as time_zone_short_name
