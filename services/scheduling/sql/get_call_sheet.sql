-- A day is one of the prison's calendar; the printed time is its own.
select c.block, to_char(c.called_at at time zone z.time_zone, 'HH24:MI') as start_time,
    to_char(c.ends_at at time zone z.time_zone, 'HH24:MI') as end_time, c.room_name, c.component, c.session_id,
    c.participant_id, c.register_number, c.participant_name, c.counsellor_names, a.mark, c.cancel_reason, c.cancel_note
from enrollment.prison z
join scheduling.call_sheet_published c on c.prison_id = z.id and (c.status = 'SCHEDULED' or :include_cancelled)
    and c.starts_at >= :day::date::timestamp at time zone z.time_zone
    and c.starts_at < (:day::date + 1)::timestamp at time zone z.time_zone
left join scheduling.attendance a on a.session_id = c.session_id and a.participant_id = c.participant_id
where z.id = :prison_id
order by c.block, c.starts_at, c.participant_name, c.participant_id
