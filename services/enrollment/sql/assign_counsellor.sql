update enrollment.enrollment c
set counsellor_id = :counsellor_id
where c.id = :id and enrollment.is_version(:version, c.version)
returning c.id, c.prison_id, c.participant_id, c.programme_id, c.programme_edition, c.agreement_id, c.counsellor_id,
    c.status, c.status_since, c.status_reason as reason, c.status_comment as comment, c.screening_route, c.started_on,
    c.referred_at, enrollment.case_warnings(c) as warnings, c.version
