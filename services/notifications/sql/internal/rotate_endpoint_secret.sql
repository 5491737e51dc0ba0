-- in: NewSecret
-- out: StoredEndpoint
update notifications.endpoint as e
set former_number = secret_number,
    former_key_id = e.key_id,
    former_until = context.now() + least(:former_hours::integer, 168) * interval '1 hour',
    secret_number = secret_number + 1,
    key_id = :key_id,
    version = :version
where id = :id
returning id as "endpoint.id", channel as "endpoint.channel", url as "endpoint.url", enabled as "endpoint.enabled",
    disabled_answer as "endpoint.disabled_answer", version as "endpoint.version",
    case when former_until > context.now() then former_until end as "endpoint.former_secret_until", secret_number, e.key_id
