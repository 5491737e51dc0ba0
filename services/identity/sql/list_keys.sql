select id, name, kind, public_key, prison_id, valid_until, revoked_at is not null as revoked, version
from identity.site_key
order by name
