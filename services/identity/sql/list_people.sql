select id, name, email, phone, language, prison_id, roles, status, version, created_at, id || '|' || name as page_key
from identity.person
where (:prison_id::uuid is null or prison_id = :prison_id)
    and (:role::text is null or :role = any (roles))
    and (:status::text is null or status = :status)
    and (:text::text is null or position(lower(:text) in lower(name)) > 0 or position(lower(:text) in lower(email)) > 0)
    and (:page_key::text is null or (name, id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by name, id
limit :page_limit
