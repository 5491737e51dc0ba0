-- without: participant_name, register_number, standing_mark, requested_by_name, prison_id, starts_at, component
update scheduling.attendance_correction
set refused_by = context.user_id(), refused_at = context.now(), refusal = :reason
where id = :correction_id
returning id, session_id, participant_id, mark, remark, reason, requested_by, requested_at, countersigned_by, countersigned_at,
    refused_by, refused_at, refusal
