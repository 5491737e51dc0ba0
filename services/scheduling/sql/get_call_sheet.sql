-- A day is one of the prison's calendar (get_day.sql says why its bounds are made apart); the printed time is its own.
select c.block, to_char(c.called_at at time zone day.time_zone, 'HH24:MI') as start_time,
    to_char(c.ends_at at time zone day.time_zone, 'HH24:MI') as end_time, c.room_name, c.component, c.session_id,
    c.participant_id, c.register_number, c.participant_name, c.counsellor_names, a.mark, c.cancel_reason, c.cancel_note
from (
    select z.id, z.time_zone, :day::date::timestamp at time zone z.time_zone as begins,
        (:day::date + 1)::timestamp at time zone z.time_zone as ends
    from enrollment.prison z
    where z.id = :prison_id
    offset 0
) day
join scheduling.call_sheet_published c on c.prison_id = day.id and (c.status = 'SCHEDULED' or :include_cancelled)
    and c.starts_at >= day.begins and c.starts_at < day.ends
left join scheduling.attendance a on a.session_id = c.session_id and a.participant_id = c.participant_id
order by c.block, c.starts_at, c.participant_name, c.participant_id
