-- set
-- In the order of participants, since each is locked: two sets must not wait for one another. The arrays hide behind "select",
-- or PostgreSQL would make a plan for every number of members anew.
with asked as (
    select a.id, a.participant_id, a.programme_id, a.comment, a.member
    from unnest((select :id::uuid[]), (select :participant_id::uuid[]), (select :programme_id::uuid[]),
        (select :comment::text[])) with ordinality as a (id, participant_id, programme_id, comment, member)
), referred as (
    insert into enrollment.enrollment as c (id, participant_id, programme_id, status_comment)
    select distinct on (participant_id, id) id, participant_id, programme_id, comment
    from asked
    order by participant_id, id, member
    on conflict (id) do update set id = excluded.id
    returning c as made
)
select asked.member, (made).id, (made).prison_id, (made).participant_id, (made).programme_id, (made).programme_edition,
    (made).agreement_id, (made).counsellor_id, (made).status, (made).status_since, (made).status_reason as reason,
    (made).status_comment as comment, (made).screening_route, (made).started_on, (made).referred_at,
    enrollment.warnings_of((made).status, (made).started_on, e.planned_weeks, p.expected_release_on) as warnings,
    (made).version
from referred
join asked on asked.id = (made).id
join enrollment.participant p on p.id = (made).participant_id
join enrollment.programme_edition e on e.programme_id = (made).programme_id and e.edition = (made).programme_edition
order by asked.member
