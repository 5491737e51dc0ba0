update enrollment.agreement a
set signed_on = :signed_on
where a.id = :id
returning a.id, a.prison_id, a.number, a.foundation_signatory_name as "foundation_signatory.name",
    a.foundation_signatory_position as "foundation_signatory.position",
    a.prison_signatory_name as "prison_signatory.name", a.prison_signatory_position as "prison_signatory.position",
    a.valid_from, a.valid_until, enrollment.programmes_of(a.id) as programme_ids,
    a.seats, a.seats_taken, a.visits_per_month, a.run_off_days, a.run_off_until, a.renews_id, a.signed_on, a.ended_on,
    a.end_comment, a.replaced_from, enrollment.agreement_state(a, enrollment.today(a.prison_id)) as state, a.version
