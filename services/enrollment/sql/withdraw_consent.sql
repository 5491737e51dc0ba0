insert into enrollment.consent as c (id, participant_id, purpose, text_version, given, given_on, witness)
select :id, p.id, :purpose,
    coalesce((
        select last.text_version from enrollment.consent last
        where last.participant_id = p.id and last.purpose = :purpose
        order by last.number desc limit 1), enrollment.newest_consent_text(:purpose)),
    false, coalesce(:withdrawn_on, enrollment.today(p.prison_id)), :witness
from enrollment.participant p
where p.id = :participant_id
on conflict (id) do update set id = excluded.id
returning c.id, c.participant_id, c.purpose, c.text_version, c.given, c.given_on, c.witness, c.recorded_by, c.recorded_at
