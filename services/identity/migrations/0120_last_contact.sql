-- When anybody who works in a prison last used Pulih, for the foundation's overview; null for never, or so long ago that
-- their sign-ins are forgotten. Other services may know that, and nothing else of sign-ins.
create function identity.last_contact(prison_id uuid) returns timestamptz
language sql stable security definer set search_path = ''
as $$
    select max(s.last_seen_at)
    from identity.person p
    join identity.sign_in_session s on s.person_id = p.id
    where p.prison_id = last_contact.prison_id
        and (context.every_prison() or p.prison_id = context.prison_id())
$$;
revoke execute on function identity.last_contact(uuid) from public;
grant execute on function identity.last_contact(uuid) to pulih_enrollment;
