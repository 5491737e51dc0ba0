-- without: participant_name, register_number, standing_mark, requested_by_name, prison_id, starts_at, component
insert into scheduling.attendance_correction (id, session_id, participant_id, prison_id, mark, remark, reason)
select :id, s.id, :participant_id, s.prison_id, :mark, coalesce(:remark, ''), :reason
from scheduling.session s
where s.id = :session_id
on conflict (id) do update set countersigned_at = attendance_correction.countersigned_at
returning id, session_id, participant_id, mark, remark, reason, requested_by, requested_at, countersigned_by, countersigned_at,
    refused_by, refused_at, refusal
