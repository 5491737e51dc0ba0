-- Prisons stand first: everything else refers to them.
create schema enrollment;
grant usage on schema enrollment to public;

create table enrollment.prison (
    id uuid not null,
    -- Short and stable, for files and lists: 'LP-BWI'.
    code text not null,
    name text not null,
    -- IANA name.
    time_zone text not null,
    -- Street address as it stands on letters.
    address text not null default '',
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    constraint prison_pkey primary key (id),
    constraint prison_code_is_unique unique (code),
    constraint prison_code_is_short check (code ~ '^[A-Z0-9][A-Z0-9-]{1,19}$'),
    constraint prison_name_is_given check (length(name) between 1 and 200),
    constraint prison_address_fits check (length(address) <= 500)
);

-- A zone is what this PostgreSQL knows, and Indonesia's have names that people know.
create table enrollment.time_zone (
    name text not null primary key,
    short_name text not null
);
insert into enrollment.time_zone (name, short_name)
values ('Asia/Jakarta', 'WIB'), ('Asia/Makassar', 'WITA'), ('Asia/Jayapura', 'WIT');
alter table enrollment.prison
    add constraint prison_time_zone_is_known foreign key (time_zone) references enrollment.time_zone (name);

-- A prison sees itself only; that others exist is no secret, but who they are is nobody's need.
alter table enrollment.prison enable row level security;
alter table enrollment.prison force row level security;
create policy prison_scope on enrollment.prison
    using ((select context.every_prison()) or id = (select context.prison_id()));

grant select, insert, update on enrollment.prison to pulih_enrollment;
grant select on enrollment.time_zone to pulih_enrollment;

-- Published: what other services read of a prison.
create view enrollment.prison_published with (security_invoker) as
select p.id, p.code, p.name, p.time_zone, z.short_name as time_zone_short_name
from enrollment.prison p
join enrollment.time_zone z on z.name = p.time_zone;

grant select (id, code, name, time_zone) on enrollment.prison
    to pulih_identity, pulih_scheduling, pulih_notes, pulih_notifications;
grant select on enrollment.time_zone, enrollment.prison_published
    to pulih_identity, pulih_scheduling, pulih_notes, pulih_notifications;
