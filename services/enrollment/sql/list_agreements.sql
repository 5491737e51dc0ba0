select a.id, a.prison_id, a.number, a.foundation_signatory_name as "foundation_signatory.name",
    a.foundation_signatory_position as "foundation_signatory.position",
    a.prison_signatory_name as "prison_signatory.name", a.prison_signatory_position as "prison_signatory.position",
    a.valid_from, a.valid_until, enrollment.programmes_of(a.id) as programme_ids,
    a.seats, a.seats_taken, a.visits_per_month, a.run_off_days, a.run_off_until, a.renews_id, a.signed_on, a.ended_on,
    a.end_comment, a.replaced_from, enrollment.agreement_state(a, enrollment.today(a.prison_id)) as state, a.version,
    a.id || '|' || a.valid_until as page_key
from enrollment.agreement a
where (:prison_id::uuid is null or a.prison_id = :prison_id)
    and (:expiring_within_days::integer = 0
        or (a.status = 'SIGNED' and a.replaced_from is null
            and a.valid_until - enrollment.today(a.prison_id) between 0 and :expiring_within_days))
    and (:page_key::text is null or (a.valid_until, a.id) > (substr(:page_key, 38)::date, left(:page_key, 36)::uuid))
order by a.valid_until, a.id
limit :page_limit
