-- in: StartSession
-- out: pulih.identity.v1.StartedSession
-- without: token, recovery_codes
-- Without expires_at: no session, see the function.
select started.expires_at,
    (started.person).id as "person.id",
    (started.person).name as "person.name",
    (started.person).email as "person.email",
    (started.person).phone as "person.phone",
    (started.person).language as "person.language",
    (started.person).prison_id as "person.prison_id",
    (started.person).roles as "person.roles",
    (started.person).status as "person.status",
    (started.person).version as "person.version",
    (started.person).created_at as "person.created_at"
from identity.start_session(:person_id, :checked_hash, :new_hash, :source, :device_hash, :checked_secret,
    nullif(:step::bigint, 0), :recovery_hash, :new_recovery_hashes, :token_hash,
    make_interval(secs => :idle_s::integer), make_interval(secs => :lasts_s::integer)) started
