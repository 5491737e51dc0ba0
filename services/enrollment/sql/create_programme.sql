-- A repeat finds the edition made and leaves its components alone.
with programme as (
    insert into enrollment.programme (id, code, name) values (:id, :code, :name)
    on conflict (id) do update set id = excluded.id
    returning id, code, name, edition
), made as (
    insert into enrollment.programme_edition (programme_id, edition, planned_weeks)
    select p.id, :edition, :planned_weeks from programme p
    on conflict (programme_id, edition) do update set edition = excluded.edition
    returning programme_id, edition, planned_weeks, xmax = 0 as is_new
), component as (
    insert into enrollment.programme_component (programme_id, edition, component, planned_hours)
    select m.programme_id, m.edition, substring(c ->> 'component' from '^COMPONENT_(.*)$'), (c ->> 'planned_hours')::integer
    from made m, jsonb_array_elements(:components) c
    where m.is_new
)
select p.id, p.code, p.name, m.edition, p.edition as published_edition, m.planned_weeks,
    case when m.is_new then :components else enrollment.components_of(p.id, m.edition) end as components
from programme p, made m
