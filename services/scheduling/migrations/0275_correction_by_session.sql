-- outside a transaction
-- What stands beside the marks of a session's roll.
create index concurrently attendance_correction_by_session
    on scheduling.attendance_correction (session_id, participant_id, requested_at);
