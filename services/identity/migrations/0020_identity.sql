-- People, and what they may be. Published to every service, so it stands before what refers to it.
create schema identity;
grant usage on schema identity to public;

create table identity.person (
    id uuid not null,
    name text not null,
    -- Also the name to sign in with.
    email text not null,
    phone text,
    language text not null default 'id',
    -- Null for foundation staff.
    prison_id uuid,
    -- Sorted, each once; kept so by the trigger below. One row a person, so that the rules between roles and prison are
    -- plain checks and every change of access is a change of the version.
    roles text[] not null default '{}',
    status text not null default 'ACTIVE',
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    constraint person_pkey primary key (id),
    constraint person_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint person_name_is_given check (name ~ '\S' and length(name) <= 200 and name !~ '[[:cntrl:]]'),
    constraint person_email_is_an_address
        check (email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    constraint person_phone_is_a_number check (phone ~ '^\+?[0-9][0-9 ().-]{3,28}[0-9]$'),
    constraint person_language_is_known check (language in ('id', 'en')),
    constraint person_roles_are_known check (roles <@ array['OFFICER', 'PRISON_HEAD', 'COUNSELLOR', 'CLINICAL_SUPERVISOR',
        'COORDINATOR', 'ADMIN', 'AUDITOR']),
    constraint person_status_is_known check (status in ('ACTIVE', 'DISABLED')),
    constraint person_prison_staff_has_a_prison
        check (prison_id is not null or not roles && array['OFFICER', 'PRISON_HEAD']),
    constraint person_foundation_staff_has_no_prison
        check (prison_id is null or roles <@ array['OFFICER', 'PRISON_HEAD'])
);
create unique index person_email_is_unique on identity.person (lower(email));
create index person_by_name on identity.person (name, id);
create index person_by_prison on identity.person (prison_id);

-- One's own row, everybody with the whole foundation's view, and for a prison its own staff and the foundation's, whose
-- names stand on its schedule. Addresses and phone numbers are kept from other services by column grants.
alter table identity.person enable row level security;
alter table identity.person force row level security;
create policy person_seen on identity.person for select
    using ((select context.every_prison()) or id = (select context.user_id())
        or prison_id = (select context.prison_id())
        or (prison_id is null and (select context.prison_id()) is not null));
create policy person_added_by_admin on identity.person for insert
    with check ((select context.has_role('ADMIN')));
create policy person_changed_by_admin on identity.person for update
    using ((select context.has_role('ADMIN')));
-- The functions of 0021 that act before anybody has signed in.
create policy person_owner on identity.person to pulih_owner using (true);

grant select, insert, update on identity.person to pulih_identity;

-- For every table here with a version: a statement sets `version` to the one its caller has read, or leaves it alone; a
-- change by somebody else in between is refused, a change that changes nothing is none.
create function identity.keep_version() returns trigger
language plpgsql
as $$
begin
    if to_jsonb(new) - 'version' = to_jsonb(old) - 'version' then
        return old;
    end if;
    if new.version <> old.version then
        raise exception 'version % was read, % is current', new.version, old.version
            using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    new.version := old.version + 1;
    return new;
end
$$;

create function identity.sort_roles() returns trigger
language plpgsql
as $$
begin
    new.roles := array(select distinct role from unnest(new.roles) role order by role);
    return new;
end
$$;

create trigger person_a_roles before insert or update of roles on identity.person
    for each row execute function identity.sort_roles();
create trigger person_b_version before update on identity.person
    for each row execute function identity.keep_version();

-- Published: the names of staff, for everybody.
create view identity.staff_published with (security_invoker) as
select id, name, language, prison_id, roles, status = 'ACTIVE' as active
from identity.person;

grant select (id, name, language, prison_id, roles, status) on identity.person
    to pulih_enrollment, pulih_scheduling, pulih_notes, pulih_notifications;
grant select on identity.staff_published
    to pulih_identity, pulih_enrollment, pulih_scheduling, pulih_notes, pulih_notifications;

-- Published: how to reach staff, for notifications.
create view identity.staff_contact with (security_invoker) as
select id, name, email, phone, language, prison_id, roles, status = 'ACTIVE' as active
from identity.person;

grant select (email, phone) on identity.person to pulih_notifications;
grant select on identity.staff_contact to pulih_notifications;
