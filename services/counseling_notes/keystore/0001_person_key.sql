-- The key store: a database of its own, with short backups, so that a key destroyed here is gone for good. It holds
-- nothing but each person's key, sealed with a master key that is in neither database.
do $$
begin
    if not exists (select from pg_roles where rolname = 'pulih_notes') then
        create role pulih_notes login;
    end if;
end
$$;

create schema keystore;
grant usage on schema keystore to pulih_notes;

create table keystore.person_key (
    -- A participant; or the note, for the shared part of a group's note.
    person_id uuid not null,
    -- Absent once destroyed; the row stays, so that no new key takes its place.
    sealed_key bytea,
    master_key_id text,
    created_at timestamptz not null,
    destroyed_at timestamptz,
    constraint person_key_pkey primary key (person_id),
    constraint person_key_is_sealed check (octet_length(sealed_key) = 73),
    constraint person_key_is_whole_or_destroyed check ((sealed_key is null) = (destroyed_at is not null)
        and (master_key_id is null) = (destroyed_at is not null))
);

create function keystore.check_person_key() returns trigger
language plpgsql
as $$
begin
    if old.destroyed_at is not null and new is distinct from old then
        raise exception 'a destroyed key stays destroyed'
            using errcode = 'check_violation', constraint = 'person_key_destroyed';
    end if;
    return new;
end
$$;
create trigger check_person_key before update on keystore.person_key
    for each row execute function keystore.check_person_key();

grant select, insert, update on keystore.person_key to pulih_notes;
