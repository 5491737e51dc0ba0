-- in: SeriesPlan
-- out: pulih.scheduling.v1.Series
select id, prison_id, component, room_id, start_day, start_time, duration_minutes, rrule, exception_days, holiday_policy,
    first_day, last_day, materialised_until, continues_id, version, counsellor_ids, enrollment_ids,
    cohort_id, cohort_name
from scheduling.create_series(jsonb_populate_record(null::scheduling.series, jsonb_build_object('id', :series.id::uuid,
    'prison_id', :series.prison_id::uuid, 'component', :series.component::text, 'room_id', :series.room_id::uuid,
    'local_start', :series.start_day::date + :series.start_time::time, 'duration_minutes', :series.duration_minutes::integer,
    'rrule', :series.rrule::text, 'exception_days', :series.exception_days::date[],
    'holiday_policy', :series.holiday_policy::text, 'last_day', :series.last_day::date, 'cohort_id', :series.cohort_id::uuid)),
    :series.counsellor_ids::uuid[], :series.enrollment_ids::uuid[],
    array(select date '1970-01-01' + day from unnest(:days::integer[]) day))
