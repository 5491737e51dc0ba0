-- in: EndpointId
-- out: EndpointSecrets
-- read
select channel, secret_number, key_id, case when former_until > context.now() then former_number end as former_number,
    former_key_id
from notifications.endpoint
where id = :endpoint_id
