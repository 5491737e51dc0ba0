-- in: PersonId
-- out: PersonKey
-- read
select sealed_key, master_key_id
from keystore.person_key
where person_id = :person_id
