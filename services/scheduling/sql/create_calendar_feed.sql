-- 192 bits out of two UUIDs' 244 drawn ones. Only the row that this call made has the drawn token's hash.
with drawn as (
    select substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 24) as token
), made as (
    insert into scheduling.calendar_feed (id, counsellor_id, prison_id, token_hash)
    select :id, :counsellor_id, :prison_id, sha256(token) from drawn
    on conflict (id) do update set id = excluded.id
    returning id, counsellor_id, prison_id, token_hash, created_by, created_at, revoked_at
)
select id, counsellor_id, prison_id, created_by as created_by_id, created_at, revoked_at,
    case when token_hash = sha256(token) then '/cal/' || translate(encode(token, 'base64'), '+/', '-_') || '.ics' end as path
from made, drawn
