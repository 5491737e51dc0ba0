select p.id, p.code, p.name, e.edition, p.edition as published_edition, e.planned_weeks,
    enrollment.components_of(p.id, e.edition) as components
from enrollment.programme p
join enrollment.programme_edition e on e.programme_id = p.id and e.edition = coalesce(nullif(:edition::integer, 0), p.edition,
    (select max(newest.edition) from enrollment.programme_edition newest where newest.programme_id = p.id))
where p.id = :id
