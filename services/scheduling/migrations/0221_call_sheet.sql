-- Published: who is to be brought where, a line a person and session. The page prints it, and the roster mail has it as a PDF.
create view scheduling.call_sheet_published with (security_invoker) as
select s.prison_id, s.starts_at, coalesce(w.block, '') as block, s.id as session_id, p.starts_at as called_at, p.ends_at,
    r.name as room_name, s.component, p.participant_id, w.register_number, w.name as participant_name,
    array(select k.name
        from scheduling.session_counsellor c
        join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id
        order by k.name) as counsellor_names,
    s.status, s.cancel_reason, s.cancel_note
from scheduling.session s
join scheduling.room r on r.id = s.room_id
join scheduling.session_participant p on p.session_id = s.id
join enrollment.participant_published w on w.id = p.participant_id;

grant select (cancel_note) on scheduling.session to pulih_notifications;
grant select on scheduling.call_sheet_published to pulih_scheduling, pulih_notifications;
