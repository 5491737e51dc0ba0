-- in: SecondFactorAttempt
-- out: SecondFactor
select needed, secret, key_id, new_secret, new_key_id, retry_after_s
from identity.weigh_second_factor(:person_id, :of_code)
