-- What happens before anybody has signed in, and to passwords: the few functions that act beyond the caller's own view.
-- Only identity's login may call them.

-- Of a name alone with source ''.
create function identity.throttle_key(name text, source text) returns bytea
language sql immutable
return sha256(convert_to(lower(name) || E'\n' || source, 'UTF8'));

-- Counts an attempt and says what it has to be checked against; an attempt counts until it has succeeded, so that many at
-- once are no way around. From one source a name may be tried 5 times; then each attempt has to wait twice as long as
-- the one before, 5 minutes at most, and comes too often until then. From all sources together a name is never refused,
-- since that would let strangers lock its owner out: beyond 20 attempts an hour they are only slowed down, by 3 s at most.
--
-- By e-mail address, or by id for one who has signed in. There is no `hash` where there is no such person, they are
-- disabled, have no password or an outdated one.
create function identity.begin_sign_in(of_email text, of_id uuid, from_source text,
    out person_id uuid, out hash text, out one_time boolean, out retry_after_s integer, out slow_down_ms integer)
language plpgsql security definer set search_path = ''
as $$
declare
    at timestamptz := context.now();
    tried_name text := coalesce((select email from identity.person where id = of_id), of_email, '');
    attempt integer;
begin
    insert into identity.sign_in_throttle as t (key)
    values (identity.throttle_key(tried_name, 'from ' || coalesce(from_source, '')))
    on conflict (key) do update
    set attempts = case when t.changed_at < at - interval '1 hour' then 1 else t.attempts + 1 end,
        changed_at = at,
        blocked_until = case
            when t.changed_at < at - interval '1 hour' or t.attempts < 4 then '-infinity'
            else at + least(2 ^ least(t.attempts - 4, 10), 300) * interval '1 second'
        end
    where t.blocked_until <= at
    returning attempts into attempt;
    if attempt is null then
        select greatest(ceil(extract(epoch from t.blocked_until - at)), 1) into retry_after_s
        from identity.sign_in_throttle t
        where t.key = identity.throttle_key(tried_name, 'from ' || coalesce(from_source, ''));
        return;
    end if;

    insert into identity.sign_in_throttle as t (key)
    values (identity.throttle_key(tried_name, ''))
    on conflict (key) do update
    set attempts = case when t.changed_at < at - interval '1 hour' then 1 else t.attempts + 1 end, changed_at = at
    returning attempts into attempt;
    slow_down_ms := least(greatest(attempt - 20, 0) * 100, 3000);

    delete from identity.sign_in_throttle
    where key in (
        select old.key from identity.sign_in_throttle old
        where old.changed_at < at - interval '1 day'
        limit 10 for update skip locked);

    select p.id, w.hash, w.one_time_until is not null into person_id, hash, one_time
    from identity.person p
    left join identity.password w on w.person_id = p.id and (w.one_time_until is null or w.one_time_until > at)
    where lower(p.email) = lower(tried_name) and p.status = 'ACTIVE';
end
$$;

-- When the checked password is still the person's: takes the attempt back, makes `new_hash`, if given, their password and
-- ends their other sessions, and starts a session. Nulls otherwise: it was changed meanwhile, or they were disabled.
create function identity.start_session(of_id uuid, checked_hash text, new_hash text, from_source text, new_token_hash bytea,
    out expires_at timestamptz, out person identity.person)
language plpgsql security definer set search_path = ''
as $$
declare
    at timestamptz := context.now();
begin
    select p.* into person
    from identity.person p
    join identity.password w on w.person_id = p.id
    where p.id = of_id and p.status = 'ACTIVE' and w.hash = checked_hash
    for update of w for share of p;
    if not found then
        return;
    end if;

    delete from identity.sign_in_throttle
    where key = identity.throttle_key(person.email, 'from ' || coalesce(from_source, ''));
    update identity.sign_in_throttle set attempts = greatest(attempts - 1, 0)
    where key = identity.throttle_key(person.email, '');

    if new_hash is not null then
        update identity.password set hash = new_hash, one_time_until = null where person_id = of_id;
        update identity.sign_in_session set ended_at = at where person_id = of_id and ended_at is null;
        insert into identity.access_log (kind, actor_id, person_id) values ('PASSWORD_CHOSEN', of_id, of_id);
    end if;
    delete from identity.sign_in_session old where old.person_id = of_id and old.expires_at < at - interval '30 days';
    expires_at := at + interval '12 hours';
    insert into identity.sign_in_session (token_hash, person_id, source, expires_at)
    values (new_token_hash, of_id, coalesce(from_source, ''), expires_at);
    insert into identity.access_log (kind, actor_id, person_id, detail)
    values ('SIGNED_IN', of_id, of_id, jsonb_build_object('source', coalesce(from_source, '')));
end
$$;

-- Records that a password was wrong. Called for names that don't exist too, so that both take equally long.
create function identity.refuse_sign_in(of_id uuid, from_source text) returns void
language sql security definer set search_path = ''
as $$
    insert into identity.access_log (kind, person_id, detail)
    select 'SIGN_IN_REFUSED', of_id, jsonb_build_object('source', coalesce(from_source, ''))
    where of_id is not null
$$;

-- Gives a person a one-time password, good for a week, and ends their sessions. False when there is no such person, or
-- the caller is no admin.
create function identity.set_one_time_password(of_id uuid, new_hash text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    insert into identity.password as w (person_id, hash, one_time_until)
    select id, new_hash, context.now() + interval '7 days'
    from identity.person
    where id = of_id and context.has_role('ADMIN')
    on conflict (person_id) do update set hash = excluded.hash, one_time_until = excluded.one_time_until;
    if not found then
        return false;
    end if;
    update identity.sign_in_session set ended_at = context.now() where person_id = of_id and ended_at is null;
    insert into identity.access_log (kind, person_id) values ('PASSWORD_SET', of_id);
    return true;
end
$$;

revoke execute on function identity.begin_sign_in(text, uuid, text),
    identity.start_session(uuid, text, text, text, bytea),
    identity.refuse_sign_in(uuid, text),
    identity.set_one_time_password(uuid, text) from public;
grant execute on function identity.begin_sign_in(text, uuid, text),
    identity.start_session(uuid, text, text, text, bytea),
    identity.refuse_sign_in(uuid, text),
    identity.set_one_time_password(uuid, text) to pulih_identity;
