-- in: DestroyPersonKeyRequest
-- out: PersonKey
-- One that never was is destroyed too, so that none is ever made.
insert into keystore.person_key (person_id, created_at, destroyed_at)
values (:person_id, :destroyed_at, :destroyed_at)
on conflict (person_id) do update
set sealed_key = null, master_key_id = null,
    destroyed_at = coalesce(person_key.destroyed_at, excluded.destroyed_at)
returning sealed_key, master_key_id
