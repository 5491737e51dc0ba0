select participant_id, mark, remark, recorded_at, recorded_by, version
from scheduling.record_attendance(:session_id, coalesce(:marks::jsonb, '[]'))
