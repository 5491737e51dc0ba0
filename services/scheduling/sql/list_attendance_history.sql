select e.participant_id, e.mark, e.remark, e.recorded_at, e.recorded_by, e.version, e.late_reason, k.name as recorded_by_name
from scheduling.attendance_entry e
left join identity.staff_published k on k.id = e.recorded_by
where e.session_id = :session_id
order by e.participant_id, e.version
