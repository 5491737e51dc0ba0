-- All are null for a person who isn't there, or isn't the caller's to look at.
select confirmed_at, recovery_codes_left, for_their_roles
from identity.look_at_totp(coalesce(:person_id, context.user_id()))
where for_their_roles is not null
