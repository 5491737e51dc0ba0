select p.id, p.code, p.name, p.time_zone, z.short_name as time_zone_short_name, p.address, p.aftercare, p.version,
    p.id || '|' || p.name as page_key
from enrollment.prison p
join enrollment.time_zone z on z.name = p.time_zone
where (:page_key::text is null or (p.name, p.id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by p.name, p.id
limit :page_limit
