select p.id, p.code, p.name, p.time_zone, z.short_name as time_zone_short_name, p.address, p.aftercare, p.version
from enrollment.prison p
join enrollment.time_zone z on z.name = p.time_zone
where p.id = :id
