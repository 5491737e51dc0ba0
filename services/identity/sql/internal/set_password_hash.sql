-- in: SetPasswordHash
-- out: pulih.identity.v1.SetPasswordResponse
select true as done
from identity.set_one_time_password(:person_id, :hash) as found
where found
