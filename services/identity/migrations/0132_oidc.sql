-- Signing in by an OpenID provider.

-- A session for whom the OpenID provider vouches. No person: nobody here who can sign in has this address. `second_factor`:
-- the provider asked for one, or is trusted to.
create function identity.start_oidc_session(of_email text, second_factor boolean, from_source text, new_token_hash bytea,
    idle_for interval, lasts interval, out expires_at timestamptz, out person identity.person)
language plpgsql security definer set search_path = ''
as $$
begin
    select p.* into person
    from identity.person p
    where lower(p.email) = lower(of_email) and p.status = 'ACTIVE'
    for share;
    if found and (second_factor or not identity.needs_second_factor(person.roles)) then
        expires_at := identity.open_session(person.id, from_source, new_token_hash, idle_for, lasts, 'OIDC');
    end if;
end
$$;

revoke execute on function identity.start_oidc_session(text, boolean, text, bytea, interval, interval) from public;
grant execute on function identity.start_oidc_session(text, boolean, text, bytea, interval, interval) to pulih_identity;
