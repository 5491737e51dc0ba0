-- in: SignInAttempt
-- out: SignInCheck
select person_id, hash, one_time, retry_after_s, slow_down_ms
from identity.begin_sign_in(:email, :person_id, :source, :device_hash)
