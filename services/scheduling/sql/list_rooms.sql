select id, prison_id, name, capacity, active, version, id || '|' || name as page_key
from scheduling.room
where (:prison_id::uuid is null or prison_id = :prison_id)
    and (:page_key::text is null or (name, id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by name, id
limit :page_limit
