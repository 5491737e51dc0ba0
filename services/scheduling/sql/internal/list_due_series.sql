-- in: DueRequest
-- out: DueSeries rows
-- read
-- Series whose sessions don't reach the horizon yet. The local day is asked of each prison.
select s.id, s.rrule, s.local_start::date - date '1970-01-01' as start_day,
    (extract(hour from s.local_start) * 60 + extract(minute from s.local_start))::integer as start_minute,
    s.materialised_until + 1 - date '1970-01-01' as from_day,
    least(s.last_day, scheduling.horizon(p.time_zone)) - date '1970-01-01' as until_day
from scheduling.series s
join enrollment.prison p on p.id = s.prison_id
where (:prison_id::uuid is null or s.prison_id = :prison_id)
    and (:after_id::uuid is null or s.id > :after_id)
    and s.materialised_until < least(s.last_day, scheduling.horizon(p.time_zone))
order by s.id
limit :limit::integer
