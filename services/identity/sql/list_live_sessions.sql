select s.token_hash, p.id as user_id, p.roles, p.prison_id, least(s.expires_at, s.last_seen_at + s.idle_for) as expires_at
from identity.sign_in_session s
join identity.person p on p.id = s.person_id
where s.token_hash = any (:token_hashes) and s.ended_at is null and p.status = 'ACTIVE'
    and least(s.expires_at, s.last_seen_at + s.idle_for) > context.now()
