-- in: NewEndpoint
-- out: StoredEndpoint
insert into notifications.endpoint as e (id, channel, url, key_id)
values (:id, :channel, :url, :key_id)
on conflict on constraint endpoint_pkey do update set id = excluded.id
returning id as "endpoint.id", channel as "endpoint.channel", url as "endpoint.url", enabled as "endpoint.enabled",
    disabled_answer as "endpoint.disabled_answer", version as "endpoint.version",
    case when former_until > context.now() then former_until end as "endpoint.former_secret_until", secret_number, e.key_id
