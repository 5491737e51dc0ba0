-- A new case hasn't started, so its warning is joined in; calling enrollment.case_warnings() for it would be a fifth of the
-- statement's time.
with referred as (
    insert into enrollment.enrollment as c (id, participant_id, programme_id, status_comment)
    values (:id, :participant_id, :programme_id, :comment)
    on conflict (id) do update set id = excluded.id
    returning c as made
)
select (made).id, (made).prison_id, (made).participant_id, (made).programme_id, (made).programme_edition,
    (made).agreement_id, (made).counsellor_id, (made).status, (made).status_since, (made).status_reason as reason,
    (made).status_comment as comment, (made).screening_route, (made).started_on, (made).referred_at,
    case
        when (made).version > 1 then enrollment.case_warnings(made)
        when (made).referred_at::date + e.planned_weeks * 7 > p.expected_release_on then array['FINISH_AFTER_RELEASE']
        else '{}'
    end as warnings,
    (made).version
from referred
join enrollment.participant p on p.id = (made).participant_id
join enrollment.programme_edition e on e.programme_id = (made).programme_id and e.edition = (made).programme_edition
