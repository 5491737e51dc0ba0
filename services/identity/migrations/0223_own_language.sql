-- A person's language is theirs to choose; everything else of them is an admin's to change.
create function identity.set_my_language(language text) returns setof identity.person
language sql security definer set search_path = ''
as $$
    update identity.person p set language = set_my_language.language where p.id = context.user_id() returning p.*
$$;
revoke all on function identity.set_my_language(text) from public;
grant execute on function identity.set_my_language(text) to pulih_identity;
