with a as (
    insert into enrollment.agreement as a (id, prison_id, number, foundation_signatory_name, foundation_signatory_position,
        prison_signatory_name, prison_signatory_position, valid_from, valid_until, seats, visits_per_month, run_off_days, renews_id)
    select :id, r.prison_id, :number,
        coalesce(:foundation_signatory.name, r.foundation_signatory_name),
        coalesce(:foundation_signatory.position, r.foundation_signatory_position),
        coalesce(:prison_signatory.name, r.prison_signatory_name),
        coalesce(:prison_signatory.position, r.prison_signatory_position),
        :valid_from, :valid_until, :seats, :visits_per_month, :run_off_days, r.id
    from enrollment.agreement r where r.id = :renews_id
    on conflict (id) do update set id = excluded.id
    returning a.*, enrollment.agreement_state(a, enrollment.today(a.prison_id)) as state, xmax = 0 as is_new
), covered as (
    insert into enrollment.agreement_programme (agreement_id, programme_id, prison_id, force)
    select distinct a.id, unnest(case cardinality(:programme_ids::uuid[]) when 0 then enrollment.programmes_of(a.renews_id)
        else :programme_ids end), a.prison_id, a.force from a where a.is_new
    returning programme_id
)
select a.id, a.prison_id, a.number, a.foundation_signatory_name as "foundation_signatory.name",
    a.foundation_signatory_position as "foundation_signatory.position",
    a.prison_signatory_name as "prison_signatory.name", a.prison_signatory_position as "prison_signatory.position",
    a.valid_from, a.valid_until,
    case when a.is_new then array(select c.programme_id from covered c order by c.programme_id)
        else enrollment.programmes_of(a.id) end as programme_ids,
    a.seats, a.seats_taken, a.visits_per_month, a.run_off_days, a.run_off_until, a.renews_id, a.signed_on, a.ended_on,
    a.end_comment, a.replaced_from, a.state, a.version
from a
