-- Asking moves the idle timeout along; an answer holds for a minute, so a session in use asks about once a minute.
with seen as (
    update identity.sign_in_session set last_seen_at = context.now()
    where token_hash = :token_hash and ended_at is null and expires_at > context.now()
        and last_seen_at > context.now() - idle_for
    returning person_id, expires_at
)
select p.id as user_id, p.roles, p.prison_id,
    least(seen.expires_at, context.now() + interval '1 minute') as expires_at
from seen
join identity.person p on p.id = seen.person_id
where p.status = 'ACTIVE'
