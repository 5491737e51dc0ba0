update identity.site_key set revoked_at = coalesce(revoked_at, context.now())
where id = :key_id
returning id, name, kind, public_key, prison_id, valid_until, revoked_at is not null as revoked, version
