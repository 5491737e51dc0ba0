select participant_id, mark, remark, recorded_at, recorded_by, version
from scheduling.attendance_entry
where session_id = :session_id
order by participant_id, version
