update notifications.endpoint
set url = :url,
    enabled = :enabled,
    disabled_answer = case when not :enabled then disabled_answer end,
    version = :version
where id = :id
returning id, channel, url, enabled, disabled_answer, version,
    case when former_until > context.now() then former_until end as former_secret_until
