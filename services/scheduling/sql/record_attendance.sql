select a.participant_id, a.mark, a.remark, a.recorded_at, a.recorded_by, a.version, a.late_reason, k.name as recorded_by_name
from scheduling.record_attendance(:session_id, coalesce(:marks::jsonb, '[]'), :late_reason) a
left join identity.staff_published k on k.id = a.recorded_by
order by a.participant_id
