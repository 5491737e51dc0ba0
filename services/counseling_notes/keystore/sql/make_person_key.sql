-- in: MakePersonKeyRequest
-- out: PersonKey
-- Gives the key that is there already, or tells that it is destroyed.
insert into keystore.person_key (person_id, sealed_key, master_key_id, created_at)
values (:person_id, :sealed_key, :master_key_id, :created_at)
on conflict (person_id) do update set person_id = excluded.person_id
returning sealed_key, master_key_id
