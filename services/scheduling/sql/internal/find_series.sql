-- in: pulih.scheduling.v1.GetSeriesRequest
-- out: pulih.scheduling.v1.Series
-- read
select id, prison_id, component, room_id, start_day, start_time, duration_minutes, rrule, exception_days, holiday_policy,
    first_day, last_day, materialised_until, continues_id, version, counsellor_ids, enrollment_ids,
    cohort_id, cohort_name
from scheduling.series_detail
where id = :series_id
