-- The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

-- Sealed with a key that is not in this database; the service opens a secret, checks a code against it, and says here which
-- step the code was of. As with passwords, no login can read or write these tables: only the functions below do.
create table identity.totp (
    person_id uuid not null,
    secret bytea not null,
    key_id text not null,
    confirmed_at timestamptz not null default context.now(),
    -- The thirty seconds, counted from 1970, whose code was used last: none of them or before is good any more.
    last_step bigint not null,
    -- Codes that were tried since one was right; see weigh_second_factor().
    tried integer not null default 0,
    tried_at timestamptz not null default '-infinity',
    constraint totp_pkey primary key (person_id),
    constraint totp_person_exists foreign key (person_id) references identity.person (id)
);
alter table identity.totp enable row level security;
alter table identity.totp force row level security;
create policy totp_owner on identity.totp to pulih_owner using (true);

-- Shown to somebody, and not yet in force.
create table identity.totp_setup (
    person_id uuid not null,
    secret bytea not null,
    key_id text not null,
    expires_at timestamptz not null,
    constraint totp_setup_pkey primary key (person_id),
    constraint totp_setup_person_exists foreign key (person_id) references identity.person (id)
);
alter table identity.totp_setup enable row level security;
alter table identity.totp_setup force row level security;
create policy totp_setup_owner on identity.totp_setup to pulih_owner using (true);

-- Those that are left. A code has 80 bits of chance, so its hash needs neither salt nor slowness.
create table identity.recovery_code (
    person_id uuid not null,
    hash bytea not null,
    constraint recovery_code_pkey primary key (person_id, hash),
    constraint recovery_code_person_exists foreign key (person_id) references identity.person (id),
    constraint recovery_code_hash_size check (octet_length(hash) = 32)
);
alter table identity.recovery_code enable row level security;
alter table identity.recovery_code force row level security;
create policy recovery_code_owner on identity.recovery_code to pulih_owner using (true);

alter table identity.access_log drop constraint access_log_kind_is_known;
alter table identity.access_log add constraint access_log_kind_is_known
    check (kind in ('PERSON_ADDED', 'PERSON_CHANGED', 'PASSWORD_SET', 'PASSWORD_CHOSEN', 'SIGNED_IN', 'SIGN_IN_REFUSED',
        'SIGNED_OUT', 'KEY_ADDED', 'KEY_REVOKED', 'TOTP_SETUP_STARTED', 'TOTP_CONFIRMED', 'TOTP_RESET',
        'RECOVERY_CODE_USED'));

-- Who can do most harm.
create function identity.needs_second_factor(roles text[]) returns boolean
language sql immutable
return roles && array['ADMIN', 'CLINICAL_SUPERVISOR', 'COORDINATOR'];

-- What somebody's code has to be checked against, asked once their password was right. A million codes are soon guessed,
-- so with `of_code` the attempt counts before it is looked at: after ten wrong ones in a row there is one an hour. That
-- keeps only those waiting whose password is known to a stranger, and their recovery codes still open.
create function identity.weigh_second_factor(of_id uuid, of_code boolean, out needed boolean, out secret bytea,
    out key_id text, out new_secret bytea, out new_key_id text, out retry_after_s integer)
language plpgsql security definer set search_path = ''
as $$
declare
    at timestamptz := context.now();
    counted boolean;
begin
    select identity.needs_second_factor(roles) into needed from identity.person where id = of_id;
    if of_code then
        update identity.totp t set tried = t.tried + 1, tried_at = at
        where t.person_id = of_id and (t.tried < 10 or t.tried_at <= at - interval '1 hour');
        counted := found;
    end if;
    select t.secret, t.key_id,
        case when not counted then ceil(extract(epoch from t.tried_at + interval '1 hour' - at)) end
    into secret, key_id, retry_after_s
    from identity.totp t
    where t.person_id = of_id;
    select s.secret, s.key_id into new_secret, new_key_id
    from identity.totp_setup s
    where s.person_id = of_id and s.expires_at > at;
end
$$;

-- Uses up the code that was checked: of `checked_secret` at `step`, or the recovery code of that hash. One of a secret
-- that was being set up brings that into force, with recovery codes of these
-- hashes, one after another. False when the code was used before or the
-- secret changed meanwhile; without a code, when there is a second factor.
create function identity.use_second_factor(of_id uuid, checked_secret bytea, step bigint, recovery_hash bytea,
    new_recovery_hashes bytea) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    confirmed identity.totp_setup;
begin
    if recovery_hash is not null then
        delete from identity.recovery_code r where r.person_id = of_id and r.hash = recovery_hash;
        if not found then
            return false;
        end if;
        insert into identity.access_log (kind, actor_id, person_id, detail)
        values ('RECOVERY_CODE_USED', of_id, of_id, jsonb_build_object('left',
            (select count(*) from identity.recovery_code r where r.person_id = of_id)));
        return true;
    end if;
    if step is null then
        return not exists (select from identity.totp t where t.person_id = of_id);
    end if;

    update identity.totp t set last_step = step, tried = 0
    where t.person_id = of_id and t.secret = checked_secret and t.last_step < step;
    if found then
        return true;
    end if;
    delete from identity.totp_setup s
    where s.person_id = of_id and s.secret = checked_secret and s.expires_at > context.now()
    returning * into confirmed;
    if not found then
        return false;
    end if;
    delete from identity.totp t where t.person_id = of_id;
    insert into identity.totp (person_id, secret, key_id, last_step)
    values (of_id, confirmed.secret, confirmed.key_id, step);
    delete from identity.recovery_code r where r.person_id = of_id;
    insert into identity.recovery_code (person_id, hash)
    select of_id, substring(new_recovery_hashes from start for 32)
    from generate_series(1, octet_length(new_recovery_hashes), 32) start;
    insert into identity.access_log (kind, actor_id, person_id) values ('TOTP_CONFIRMED', of_id, of_id);
    return true;
end
$$;

-- Nobody's second factor but by an admin; false when there is no such person.
create function identity.reset_totp(of_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    if not context.has_role('ADMIN') or not exists (select from identity.person where id = of_id) then
        return false;
    end if;
    delete from identity.totp_setup where person_id = of_id;
    delete from identity.recovery_code where person_id = of_id;
    delete from identity.totp where person_id = of_id;
    if found then
        update identity.sign_in_session set ended_at = context.now() where person_id = of_id and ended_at is null;
        insert into identity.access_log (kind, person_id) values ('TOTP_RESET', of_id);
    end if;
    return true;
end
$$;

create function identity.look_at_totp(of_id uuid, out confirmed_at timestamptz, out recovery_codes_left integer,
    out for_their_roles boolean)
language sql stable security definer set search_path = ''
begin atomic
    select t.confirmed_at, (select count(*) from identity.recovery_code r where r.person_id = p.id)::integer,
        identity.needs_second_factor(p.roles)
    from identity.person p
    left join identity.totp t on t.person_id = p.id
    where p.id = of_id and (p.id = context.user_id() or context.has_role('ADMIN'));
end;

revoke execute on function identity.weigh_second_factor(uuid, boolean),
    identity.use_second_factor(uuid, bytea, bigint, bytea, bytea),
    identity.reset_totp(uuid), identity.look_at_totp(uuid) from public;
grant execute on function identity.weigh_second_factor(uuid, boolean),
    identity.reset_totp(uuid), identity.look_at_totp(uuid) to pulih_identity;
