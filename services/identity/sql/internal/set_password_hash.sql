-- in: SetPasswordHash
-- out: OneTimePassword
select expires_at
from identity.set_one_time_password(:person_id, :hash, make_interval(secs => :good_for_s::integer)) as expires_at
