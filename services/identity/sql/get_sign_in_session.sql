select (seen.person).id as "person.id",
    (seen.person).name as "person.name",
    (seen.person).email as "person.email",
    (seen.person).phone as "person.phone",
    (seen.person).language as "person.language",
    (seen.person).prison_id as "person.prison_id",
    (seen.person).roles as "person.roles",
    (seen.person).status as "person.status",
    (seen.person).version as "person.version",
    (seen.person).created_at as "person.created_at",
    seen.expires_at,
    seen.idle_ends_at
from identity.look_at_session(:token_hash) seen
where seen.expires_at is not null
