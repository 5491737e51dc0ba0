with gone as (
    delete from scheduling.counsellor_qualification
    where counsellor_id = :counsellor_id and component <> all (:components::text[])
), added as (
    insert into scheduling.counsellor_qualification (counsellor_id, component)
    select :counsellor_id, unnest(:components::text[])
    on conflict do nothing
)
select p.id as counsellor_id, :components::text[] as components
from identity.staff_published p
where p.id = :counsellor_id
