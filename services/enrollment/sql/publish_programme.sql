with published as (
    update enrollment.programme p set edition = greatest(p.edition, :edition) where p.id = :id
    returning p.id, p.code, p.name, p.edition
)
select p.id, p.code, p.name, p.edition, p.edition as published_edition, e.planned_weeks,
    enrollment.components_of(p.id, p.edition) as components
from published p
left join enrollment.programme_edition e on e.programme_id = p.id and e.edition = p.edition
