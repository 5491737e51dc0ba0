-- A day is one of the prison's calendar. Its bounds are made apart: as columns they lead down the b-tree of times, as expressions of
-- the prison's row they could not under row-level security.
select d.session_id, d.component, d.room_name, d.starts_at, d.ends_at, d.status, d.cancel_reason, d.cancel_note,
    d.counsellor_names, d.expected_count, d.present_count, d.unmarked_count, d.cohort_name
from (
    select z.id, :day::date::timestamp at time zone z.time_zone as begins,
        (:day::date + 1)::timestamp at time zone z.time_zone as ends
    from enrollment.prison z
    where z.id = :prison_id
    offset 0
) day
join scheduling.day_session d on d.prison_id = day.id and d.starts_at >= day.begins and d.starts_at < day.ends
order by d.starts_at, d.session_id
