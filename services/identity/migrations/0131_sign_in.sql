-- Signing in, with the second factor, browsers that are known, and times from the settings. Takes the place of 0022's
-- functions.

-- How long a session may be unused; what the settings said when it began.
alter table identity.sign_in_session add column idle_for interval not null default '1 hour';

-- Browsers that somebody has signed in with. They have a budget of attempts of their own, so that whoever sits behind the
-- same address as the victim can't make them wait.
create table identity.known_device (
    person_id uuid not null,
    -- BLAKE2b-256 of what the browser keeps.
    device_hash bytea not null,
    seen_at timestamptz not null default context.now(),
    constraint known_device_pkey primary key (person_id, device_hash),
    constraint known_device_person_exists foreign key (person_id) references identity.person (id),
    constraint known_device_hash_size check (octet_length(device_hash) = 32)
);
alter table identity.known_device enable row level security;
alter table identity.known_device force row level security;
create policy known_device_owner on identity.known_device to pulih_owner using (true);

-- What attempts are counted by, beside the name: the browser, where the person has signed in with it before, or else the
-- source.
create function identity.attempt_place(of_email text, from_source text, of_device bytea) returns text
language sql stable security definer set search_path = ''
begin atomic
    select case
        when exists (
            select from identity.known_device d join identity.person p on p.id = d.person_id
            where lower(p.email) = lower(of_email) and d.device_hash = of_device)
        then 'with ' || encode(of_device, 'hex')
        else 'from ' || coalesce(from_source, '')
    end;
end;

drop function identity.begin_sign_in(text, uuid, text);
-- Counts an attempt and says what it has to be checked against; an attempt counts until it has succeeded, so that many at
-- once are no way around. From one place a name may be tried 5 times; then each attempt has to wait twice as long as
-- the one before, 5 minutes at most, and comes too often until then. From all places together a name is never refused,
-- since that would let strangers lock its owner out: beyond 20 attempts an hour they are only slowed down, by 3 s at most,
-- and not with a browser that is known.
--
-- By e-mail address, or by id for one who has signed in. There is no `hash` where there is no such person, they are
-- disabled, have no password or an outdated one.
create function identity.begin_sign_in(of_email text, of_id uuid, from_source text, of_device bytea,
    out person_id uuid, out hash text, out one_time boolean, out retry_after_s integer, out slow_down_ms integer)
language plpgsql security definer set search_path = ''
as $$
declare
    at timestamptz := context.now();
    tried_name text := coalesce((select email from identity.person where id = of_id), of_email, '');
    place text := identity.attempt_place(tried_name, from_source, of_device);
    attempt integer;
begin
    insert into identity.sign_in_throttle as t (key)
    values (identity.throttle_key(tried_name, place))
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
        where t.key = identity.throttle_key(tried_name, place);
        return;
    end if;

    insert into identity.sign_in_throttle as t (key)
    values (identity.throttle_key(tried_name, ''))
    on conflict (key) do update
    set attempts = case when t.changed_at < at - interval '1 hour' then 1 else t.attempts + 1 end, changed_at = at
    returning attempts into attempt;
    slow_down_ms := case when place like 'with %' then 0 else least(greatest(attempt - 20, 0) * 100, 3000) end;

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

-- Takes an attempt that succeeded back.
create function identity.forget_attempt(of_email text, from_source text, of_device bytea) returns void
language sql security definer set search_path = ''
begin atomic
    delete from identity.sign_in_throttle
    where key = identity.throttle_key(of_email, identity.attempt_place(of_email, from_source, of_device));
    update identity.sign_in_throttle set attempts = greatest(attempts - 1, 0)
    where key = identity.throttle_key(of_email, '');
end;

create function identity.remember_device(of_id uuid, of_device bytea) returns void
language sql security definer set search_path = ''
begin atomic
    insert into identity.known_device (person_id, device_hash)
    select of_id, of_device where of_device is not null
    on conflict (person_id, device_hash) do update set seen_at = context.now();
    delete from identity.known_device
    where person_id = of_id and device_hash in (
        select device_hash from identity.known_device where person_id = of_id order by seen_at desc offset 10);
end;

-- A session for somebody who has shown who they are.
create function identity.open_session(of_id uuid, from_source text, new_token_hash bytea, idle_for interval,
    lasts interval, by_means text) returns timestamptz
language sql security definer set search_path = ''
begin atomic
    delete from identity.sign_in_session old
    where old.person_id = of_id and old.expires_at < context.now() - interval '30 days';
    insert into identity.access_log (kind, actor_id, person_id, detail)
    values ('SIGNED_IN', of_id, of_id, jsonb_build_object('source', coalesce(from_source, ''), 'by', by_means));
    insert into identity.sign_in_session (token_hash, person_id, source, expires_at, idle_for)
    values (new_token_hash, of_id, coalesce(from_source, ''), context.now() + lasts, idle_for)
    returning expires_at;
end;

drop function identity.start_session(uuid, text, text, text, bytea);
-- When the checked password is still the person's, and the second factor good: takes the attempt back, makes `new_hash`,
-- if given, their password and ends their other sessions, and starts a session. Nulls otherwise: something changed
-- meanwhile, they were disabled, or the code was used before. Who has signed in and only changes their password needs no
-- second factor again.
create function identity.start_session(of_id uuid, checked_hash text, new_hash text, from_source text, of_device bytea,
    checked_secret bytea, step bigint, recovery_hash bytea, new_recovery_hashes bytea, new_token_hash bytea,
    idle_for interval, lasts interval, out expires_at timestamptz, out person identity.person)
language plpgsql security definer set search_path = ''
as $$
declare
    found_person identity.person;
begin
    select p.* into found_person
    from identity.person p
    join identity.password w on w.person_id = p.id
    where p.id = of_id and p.status = 'ACTIVE' and w.hash = checked_hash
    for update of w for share of p;
    if not found or not (of_id is not distinct from context.user_id()
        or identity.use_second_factor(of_id, checked_secret, step, recovery_hash, new_recovery_hashes)) then
        return;
    end if;

    perform identity.forget_attempt(found_person.email, from_source, of_device);
    perform identity.remember_device(of_id, of_device);
    if new_hash is not null then
        update identity.password set hash = new_hash, one_time_until = null where person_id = of_id;
        update identity.sign_in_session set ended_at = context.now() where person_id = of_id and ended_at is null;
        insert into identity.access_log (kind, actor_id, person_id) values ('PASSWORD_CHOSEN', of_id, of_id);
    end if;
    person := found_person;
    expires_at := identity.open_session(of_id, from_source, new_token_hash, idle_for, lasts, 'PASSWORD');
end
$$;

-- When the checked password is still the person's, and the second factor that they have good: keeps the secret of
-- another, to come into force with its first code, and gives their address and until when. Nulls otherwise.
create function identity.begin_totp_setup(of_id uuid, checked_hash text, checked_secret bytea, step bigint,
    recovery_hash bytea, from_source text, of_device bytea, new_secret bytea, new_key_id text,
    out email text, out expires_at timestamptz)
language plpgsql security definer set search_path = ''
as $$
declare
    found_email text;
begin
    select p.email into found_email
    from identity.person p
    join identity.password w on w.person_id = p.id
    where p.id = of_id and p.status = 'ACTIVE' and w.hash = checked_hash
    for share of w, p;
    if not found or not identity.use_second_factor(of_id, checked_secret, step, recovery_hash, null) then
        return;
    end if;
    perform identity.forget_attempt(found_email, from_source, of_device);
    insert into identity.totp_setup as s (person_id, secret, key_id, expires_at)
    values (of_id, new_secret, new_key_id, context.now() + interval '15 minutes')
    on conflict (person_id) do update
    set secret = excluded.secret, key_id = excluded.key_id, expires_at = excluded.expires_at
    returning s.expires_at into expires_at;
    insert into identity.access_log (kind, actor_id, person_id) values ('TOTP_SETUP_STARTED', of_id, of_id);
    email := found_email;
end
$$;

drop function identity.refuse_sign_in(uuid, text);
-- Records that a password was wrong, or, after a right one, a code. Called for names that don't exist too, so that both
-- take equally long.
create function identity.refuse_sign_in(of_id uuid, from_source text, at_code boolean) returns void
language sql security definer set search_path = ''
as $$
    insert into identity.access_log (kind, person_id, detail)
    select 'SIGN_IN_REFUSED', of_id, jsonb_build_object('source', coalesce(from_source, ''),
        'at', case when at_code then 'CODE' else 'PASSWORD' end)
    where of_id is not null
$$;

drop function identity.set_one_time_password(uuid, text);
-- Gives a person a one-time password and ends their sessions; gives how long it is good. No row when there is no such
-- person, or the caller is no admin.
create function identity.set_one_time_password(of_id uuid, new_hash text, good_for interval) returns setof timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
    until timestamptz := context.now() + good_for;
begin
    insert into identity.password as w (person_id, hash, one_time_until)
    select id, new_hash, until
    from identity.person
    where id = of_id and context.has_role('ADMIN')
    on conflict (person_id) do update set hash = excluded.hash, one_time_until = excluded.one_time_until;
    if not found then
        return;
    end if;
    update identity.sign_in_session set ended_at = context.now() where person_id = of_id and ended_at is null;
    insert into identity.access_log (kind, person_id) values ('PASSWORD_SET', of_id);
    return next until;
end
$$;

-- A session that lasts, and its person, by who has the token; asking is no use of it.
create function identity.look_at_session(of_token_hash bytea, out person identity.person, out expires_at timestamptz,
    out idle_ends_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
    select p, s.expires_at, s.last_seen_at + s.idle_for
    from identity.sign_in_session s
    join identity.person p on p.id = s.person_id
    where s.token_hash = of_token_hash and s.ended_at is null and s.expires_at > context.now()
        and s.last_seen_at + s.idle_for > context.now() and p.status = 'ACTIVE';
end;

revoke execute on function identity.attempt_place(text, text, bytea),
    identity.begin_sign_in(text, uuid, text, bytea),
    identity.forget_attempt(text, text, bytea),
    identity.remember_device(uuid, bytea),
    identity.open_session(uuid, text, bytea, interval, interval, text),
    identity.start_session(uuid, text, text, text, bytea, bytea, bigint, bytea, bytea, bytea, interval, interval),
    identity.begin_totp_setup(uuid, text, bytea, bigint, bytea, text, bytea, bytea, text),
    identity.refuse_sign_in(uuid, text, boolean),
    identity.set_one_time_password(uuid, text, interval),
    identity.look_at_session(bytea) from public;
grant execute on function identity.begin_sign_in(text, uuid, text, bytea),
    identity.start_session(uuid, text, text, text, bytea, bytea, bigint, bytea, bytea, bytea, interval, interval),
    identity.begin_totp_setup(uuid, text, bytea, bigint, bytea, text, bytea, bytea, text),
    identity.refuse_sign_in(uuid, text, boolean),
    identity.set_one_time_password(uuid, text, interval),
    identity.look_at_session(bytea) to pulih_identity;
