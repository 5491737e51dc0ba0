select id, session_id, participant_id, mark, remark, reason, requested_by, requested_at, countersigned_by, countersigned_at
from scheduling.countersign(:correction_id)
