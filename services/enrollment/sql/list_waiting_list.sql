select
    c.id as "enrollment.id", c.prison_id as "enrollment.prison_id", c.participant_id as "enrollment.participant_id",
    c.programme_id as "enrollment.programme_id", c.programme_edition as "enrollment.programme_edition",
    c.agreement_id as "enrollment.agreement_id", c.counsellor_id as "enrollment.counsellor_id",
    c.status as "enrollment.status", c.status_since as "enrollment.status_since",
    c.status_reason as "enrollment.reason", c.status_comment as "enrollment.comment",
    c.screening_route as "enrollment.screening_route", c.started_on as "enrollment.started_on",
    c.referred_at as "enrollment.referred_at",
    enrollment.warnings_of(c.status, c.started_on, e.planned_weeks, p.expected_release_on) as "enrollment.warnings",
    c.version as "enrollment.version", p.register_number, p.name as participant_name, p.block, p.two_thirds_on,
    k.name as counsellor_name, z.name as prison_name, g.name as programme_name, h.id as cohort_id,
    h.name as cohort_name,
    c.id || '|' || p.two_thirds_on || '|' || c.referred_at as page_key
from enrollment.enrollment c
join enrollment.participant p on p.id = c.participant_id
join enrollment.prison z on z.id = c.prison_id
join enrollment.programme g on g.id = c.programme_id
join enrollment.programme_edition e on e.programme_id = c.programme_id and e.edition = c.programme_edition
left join identity.staff_published k on k.id = c.counsellor_id
left join enrollment.cohort_member m on m.enrollment_id = c.id
left join enrollment.cohort h on h.id = m.cohort_id
where c.status = 'WAITLISTED'
    and (:prison_id::uuid is null or c.prison_id = :prison_id)
    and (:programme_id::uuid is null or c.programme_id = :programme_id)
    and (:page_key::text is null or (p.two_thirds_on, c.referred_at, c.id) > (split_part(:page_key, '|', 2)::date,
        split_part(:page_key, '|', 3)::timestamptz, split_part(:page_key, '|', 1)::uuid))
order by p.two_thirds_on, c.referred_at, c.id
limit :page_limit
