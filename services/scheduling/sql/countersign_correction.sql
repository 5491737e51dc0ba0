-- without: participant_name, register_number, standing_mark, requested_by_name, prison_id, starts_at, component
select id, session_id, participant_id, mark, remark, reason, requested_by, requested_at, countersigned_by, countersigned_at,
    refused_by, refused_at, refusal
from scheduling.countersign(:correction_id)
