select true as done
from identity.reset_totp(:person_id) as found
where found
