-- A day is one of the prison's calendar; the printed time is its own.
select coalesce(w.block, '') as block, to_char(p.starts_at at time zone z.time_zone, 'HH24:MI') as start_time,
    to_char(p.ends_at at time zone z.time_zone, 'HH24:MI') as end_time, r.name as room_name, s.component,
    s.id as session_id, p.participant_id, w.register_number, w.name as participant_name,
    array(select k.name from scheduling.session_counsellor c join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id order by k.name) as counsellor_names,
    a.mark
from enrollment.prison z
join scheduling.session s on s.prison_id = z.id and s.status = 'SCHEDULED'
    and s.starts_at >= :day::date::timestamp at time zone z.time_zone
    and s.starts_at < (:day::date + 1)::timestamp at time zone z.time_zone
join scheduling.room r on r.id = s.room_id
join scheduling.session_participant p on p.session_id = s.id
join enrollment.participant_published w on w.id = p.participant_id
left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
where z.id = :prison_id
order by block, s.starts_at, w.name, p.participant_id
