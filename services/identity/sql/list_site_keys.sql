select id, name, kind, public_key, prison_id, valid_until, revoked_at is not null as revoked, version, name as page_key
from identity.site_key
where (:prison_id::uuid is null or prison_id = :prison_id)
    and (:kind::text is null or kind = :kind)
    and (:page_key::text is null or name > :page_key)
order by name
limit :page_limit
