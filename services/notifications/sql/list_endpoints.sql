select id, channel, url, enabled, disabled_answer, version,
    case when former_until > context.now() then former_until end as former_secret_until
from notifications.endpoint
order by channel
