select h.id, h.prison_id, h.name, h.weekdays, to_char(h.from_time, 'HH24:MI') as from_time,
    to_char(h.until_time, 'HH24:MI') as until_time, h.first_day, least(h.last_day, h.ended_day) as last_day, h.version,
    h.id || '|' || h.first_day as page_key
from scheduling.closed_hours h
join enrollment.prison_published z on z.id = h.prison_id
where h.prison_id = :prison_id
    and coalesce(least(h.last_day, h.ended_day), 'infinity') >= greatest(h.first_day, (context.now() at time zone z.time_zone)::date)
    and (:page_key::text is null or (h.first_day, h.id) > (substr(:page_key, 38)::date, left(:page_key, 36)::uuid))
order by h.first_day, h.id
limit :page_limit
