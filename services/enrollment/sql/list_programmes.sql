select p.id, p.code, p.name, e.edition, p.edition as published_edition, e.planned_weeks,
    enrollment.components_of(p.id, e.edition) as components,
    p.id || '|' || p.name as page_key
from enrollment.programme p
join enrollment.programme_edition e on e.programme_id = p.id
    and e.edition = (select max(newest.edition) from enrollment.programme_edition newest where newest.programme_id = p.id)
where (:page_key::text is null or (p.name, p.id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by p.name, p.id
limit :page_limit
