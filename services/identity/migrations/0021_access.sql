-- Keys that may connect, sessions, passwords, and the record of it all.

-- Append-only: rows come from the triggers below, and no login may write, change or delete any.
create table identity.access_log (
    number bigint generated always as identity,
    occurred_at timestamptz not null default context.now(),
    kind text not null,
    actor_id uuid default context.user_id(),
    person_id uuid,
    key_id uuid,
    detail jsonb not null default '{}',
    constraint access_log_pkey primary key (number),
    constraint access_log_kind_is_known check (kind in ('PERSON_ADDED', 'PERSON_CHANGED', 'PASSWORD_SET', 'PASSWORD_CHOSEN',
        'SIGNED_IN', 'SIGN_IN_REFUSED', 'SIGNED_OUT', 'KEY_ADDED', 'KEY_REVOKED')),
    constraint access_log_is_about_one check (num_nonnulls(person_id, key_id) = 1)
);
create index access_log_by_person on identity.access_log (person_id, number);

alter table identity.access_log enable row level security;
alter table identity.access_log force row level security;
create policy access_log_seen on identity.access_log for select
    using ((select context.has_role('ADMIN')) or (select context.has_role('AUDITOR')));
create policy access_log_owner on identity.access_log to pulih_owner using (true);
grant select on identity.access_log to pulih_identity;

-- argon2id strings. No login can read or write them: only the functions at the end do.
create table identity.password (
    person_id uuid not null,
    hash text not null,
    -- Set: a one-time password, and how long it is good. Null: the person chose it.
    one_time_until timestamptz,
    constraint password_pkey primary key (person_id),
    constraint password_person_exists foreign key (person_id) references identity.person (id),
    constraint password_is_argon2id check (hash like '$argon2id$%')
);
alter table identity.password enable row level security;
alter table identity.password force row level security;
create policy password_owner on identity.password to pulih_owner using (true);

create table identity.sign_in_session (
    -- BLAKE2b-256 of the token, which only the browser has.
    token_hash bytea not null,
    person_id uuid not null,
    source text not null default '',
    created_at timestamptz not null default context.now(),
    last_seen_at timestamptz not null default context.now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint sign_in_session_pkey primary key (token_hash),
    constraint sign_in_session_person_exists foreign key (person_id) references identity.person (id),
    constraint sign_in_session_token_hash_size check (octet_length(token_hash) = 32)
);
create index sign_in_session_by_person on identity.sign_in_session (person_id);

alter table identity.sign_in_session enable row level security;
alter table identity.sign_in_session force row level security;
create policy sign_in_session_scope on identity.sign_in_session
    using (person_id = (select context.user_id()) or (select context.has_role('ADMIN'))
        or (select context.has_role('SERVICE')));
create policy sign_in_session_owner on identity.sign_in_session to pulih_owner using (true);
grant select, update (last_seen_at, ended_at) on identity.sign_in_session to pulih_identity;

-- Counts attempts by what was tried, for people that exist and for names that don't alike. The key is a hash: what
-- people type for a name may be a password.
create table identity.sign_in_throttle (
    key bytea not null,
    attempts integer not null default 1,
    changed_at timestamptz not null default context.now(),
    -- No attempt is looked at before.
    blocked_until timestamptz not null default '-infinity',
    constraint sign_in_throttle_pkey primary key (key)
);
create index sign_in_throttle_by_age on identity.sign_in_throttle (changed_at);

create table identity.site_key (
    id uuid not null,
    name text not null,
    kind text not null,
    public_key text not null,
    prison_id uuid,
    valid_until timestamptz,
    revoked_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    constraint site_key_pkey primary key (id),
    constraint site_key_name_is_unique unique (name),
    constraint site_key_public_key_is_unique unique (public_key),
    constraint site_key_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint site_key_name_is_short check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    constraint site_key_kind_is_known check (kind in ('SITE', 'GATEWAY', 'OPERATOR')),
    constraint site_key_public_key_is_z85 check (public_key ~ '^[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40}$'),
    constraint site_key_site_has_a_prison check ((kind = 'SITE') = (prison_id is not null))
);
create index site_key_by_prison on identity.site_key (prison_id);

alter table identity.site_key enable row level security;
alter table identity.site_key force row level security;
create policy site_key_seen on identity.site_key for select
    using ((select context.every_prison()) or prison_id = (select context.prison_id()));
create policy site_key_added_by_admin on identity.site_key for insert
    with check ((select context.has_role('ADMIN')));
create policy site_key_changed_by_admin on identity.site_key for update
    using ((select context.has_role('ADMIN')));
create policy site_key_owner on identity.site_key to pulih_owner using (true);
grant select, insert on identity.site_key to pulih_identity;
grant update (id, revoked_at) on identity.site_key to pulih_identity;

-- One key in use and one to take its place. Two that arrive together wait for each other at the lock.
create function identity.count_site_keys() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('identity.site_key ' || new.prison_id, 0));
    if (select count(*) from identity.site_key
        where prison_id = new.prison_id and revoked_at is null
            and (valid_until is null or valid_until > context.now())) > 2 then
        raise exception 'more than two valid keys' using errcode = 'check_violation', constraint = 'site_key_two_at_most';
    end if;
    return null;
end
$$;

create function identity.site_key_changed() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into identity.access_log (kind, key_id, detail)
    values (case tg_op when 'INSERT' then 'KEY_ADDED' else 'KEY_REVOKED' end, new.id, jsonb_build_object('name', new.name));
    perform event.emit('identity.access_changed', new.prison_id, new.id, new.version);
    return null;
end
$$;

create trigger site_key_version before update on identity.site_key
    for each row execute function identity.keep_version();
create trigger site_key_count after insert on identity.site_key
    for each row when (new.kind = 'SITE') execute function identity.count_site_keys();
create trigger site_key_added after insert on identity.site_key
    for each row execute function identity.site_key_changed();
create trigger site_key_revoked after update on identity.site_key
    for each row when (old.version <> new.version) execute function identity.site_key_changed();

create function identity.person_changed() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform event.emit('identity.person_changed', new.prison_id, new.id, new.version);
    if tg_op = 'INSERT' or (new.roles, new.status, new.prison_id) is distinct from (old.roles, old.status, old.prison_id) then
        perform event.emit('identity.access_changed', new.prison_id, new.id, new.version);
        insert into identity.access_log (kind, person_id, detail)
        values (case tg_op when 'INSERT' then 'PERSON_ADDED' else 'PERSON_CHANGED' end, new.id,
            jsonb_build_object('roles', new.roles, 'status', new.status, 'prison_id', new.prison_id));
    end if;
    if new.status = 'DISABLED' then
        update identity.sign_in_session set ended_at = context.now() where person_id = new.id and ended_at is null;
    end if;
    return null;
end
$$;

create trigger person_added after insert on identity.person
    for each row execute function identity.person_changed();
create trigger person_changed after update on identity.person
    for each row when (old.version <> new.version) execute function identity.person_changed();

create function identity.sign_in_ended() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into identity.access_log (kind, person_id) values ('SIGNED_OUT', new.person_id);
    perform event.emit('identity.access_changed', prison_id, id, version)
    from identity.person
    where id = new.person_id;
    return null;
end
$$;

create trigger sign_in_ended after update of ended_at on identity.sign_in_session
    for each row when (old.ended_at is null and new.ended_at is not null) execute function identity.sign_in_ended();
