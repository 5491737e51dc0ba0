select c.id, c.participant_id, c.purpose, c.text_version, c.given, c.given_on, c.witness, c.recorded_by, c.recorded_at,
    c.number::text as page_key
from enrollment.consent c
where c.participant_id = :participant_id
    and (:page_key::text is null or c.number < :page_key::bigint)
order by c.number desc
limit :page_limit
