-- A day is one of the prison's calendar.
select d.session_id, d.component, d.room_name, d.starts_at, d.ends_at, d.status, d.cancel_reason, d.cancel_note,
    d.counsellor_names, d.expected_count, d.present_count, d.unmarked_count
from enrollment.prison z
join scheduling.day_session d on d.prison_id = z.id
    and d.starts_at >= :day::date::timestamp at time zone z.time_zone
    and d.starts_at < (:day::date + 1)::timestamp at time zone z.time_zone
where z.id = :prison_id
order by d.starts_at, d.session_id
