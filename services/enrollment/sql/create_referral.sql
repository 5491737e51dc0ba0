insert into enrollment.enrollment as c (id, participant_id, programme_id, status_comment)
values (:id, :participant_id, :programme_id, :comment)
on conflict (id) do update set id = excluded.id
returning c.id, c.prison_id, c.participant_id, c.programme_id, c.programme_edition, c.agreement_id, c.counsellor_id,
    c.status, c.status_since, c.status_reason as reason, c.status_comment as comment, c.screening_route, c.started_on,
    c.referred_at, enrollment.case_warnings(c) as warnings, c.version
