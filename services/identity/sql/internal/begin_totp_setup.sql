-- in: BeginTotpSetup
-- out: BegunTotpSetup
select email, expires_at
from identity.begin_totp_setup(:person_id, :checked_hash, :checked_secret, nullif(:step::bigint, 0), :recovery_hash,
    :source, :device_hash, :new_secret, :new_key_id)
