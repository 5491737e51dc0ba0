select c.id, c.prison_id, c.participant_id, c.programme_id, c.programme_edition, c.agreement_id, c.counsellor_id,
    c.status, c.status_since, c.status_reason as reason, c.status_comment as comment, c.screening_route, c.started_on,
    c.referred_at, enrollment.warnings_of(c.status, c.started_on, e.planned_weeks, p.expected_release_on) as warnings, c.version
from enrollment.enrollment c
join enrollment.participant p on p.id = c.participant_id
join enrollment.programme_edition e on e.programme_id = c.programme_id and e.edition = c.programme_edition
where c.id = :id
