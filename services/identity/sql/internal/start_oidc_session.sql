-- in: StartOidcSession
-- out: pulih.identity.v1.StartedSession
-- without: token, recovery_codes
-- Without a person: nobody who can sign in has this address. Without expires_at: a second factor is missing.
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
from identity.start_oidc_session(:email, :second_factor, :source, :token_hash, make_interval(secs => :idle_s::integer),
    make_interval(secs => :lasts_s::integer)) started
