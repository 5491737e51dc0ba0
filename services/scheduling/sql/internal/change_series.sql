-- in: SeriesChange
-- out: pulih.scheduling.v1.Series
select id, prison_id, component, room_id, start_day, start_time, duration_minutes, rrule, exception_days, holiday_policy,
    first_day, last_day, materialised_until, continues_id, version, counsellor_ids, enrollment_ids,
    cohort_id, cohort_name
from scheduling.change_series(jsonb_populate_record(null::scheduling.series, jsonb_build_object('id', :series_id::uuid,
    'version', :version::integer, 'room_id', :room_id::uuid, 'local_start', :local_start::timestamp,
    'duration_minutes', :duration_minutes::integer, 'rrule', coalesce(:rrule::text, ''),
    'exception_days', :exception_days::date[], 'holiday_policy', :holiday_policy::text)),
    :new_series_id, :from_day::date, nullif(:counsellor_ids::uuid[], '{}'),
    case when :enrollments_given::boolean then :enrollment_ids::uuid[] end,
    array(select date '1970-01-01' + day from unnest(:days::integer[]) day))
