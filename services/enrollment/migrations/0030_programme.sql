-- The foundation, and its programmes: versioned templates of components with planned hours.
create table enrollment.foundation (
    -- One row: there is one foundation.
    singleton boolean not null default true,
    name text not null,
    version integer not null default 1,
    constraint foundation_is_one primary key (singleton),
    constraint foundation_singleton_true check (singleton),
    constraint foundation_name_is_given check (length(name) between 1 and 200)
);
insert into enrollment.foundation (name) values ('Yayasan');

create table enrollment.component (
    name text not null primary key
);
insert into enrollment.component (name)
values ('INDIVIDUAL_COUNSELLING'), ('GROUP_COUNSELLING'), ('VOCATIONAL'), ('MENTAL'), ('SPIRITUAL'), ('FAMILY');

create table enrollment.programme (
    id uuid not null,
    -- Short and stable, for files and lists: 'REHAB-6'.
    code text not null,
    name text not null,
    -- The edition that new cases follow; null until the first is published.
    edition integer,
    created_at timestamptz not null default context.now(),
    constraint programme_pkey primary key (id),
    constraint programme_code_is_unique unique (code),
    constraint programme_code_is_short check (code ~ '^[A-Z0-9][A-Z0-9-]{1,19}$'),
    constraint programme_name_is_given check (length(name) between 1 and 200)
);

-- What an edition says never changes once it is published: running cases keep the edition they began with.
create table enrollment.programme_edition (
    programme_id uuid not null,
    edition integer not null,
    planned_weeks integer not null,
    constraint programme_edition_pkey primary key (programme_id, edition),
    constraint programme_edition_of_programme foreign key (programme_id) references enrollment.programme (id),
    constraint programme_edition_is_counted check (edition between 1 and 1000),
    constraint programme_lasts_weeks check (planned_weeks between 1 and 260)
);
alter table enrollment.programme
    add constraint programme_publishes_an_edition foreign key (id, edition)
        references enrollment.programme_edition (programme_id, edition);

create table enrollment.programme_component (
    programme_id uuid not null,
    edition integer not null,
    component text not null,
    planned_hours integer not null,
    constraint programme_component_once primary key (programme_id, edition, component),
    constraint programme_component_of_edition foreign key (programme_id, edition)
        references enrollment.programme_edition (programme_id, edition),
    constraint programme_component_is_known foreign key (component) references enrollment.component (name),
    constraint programme_component_has_hours check (planned_hours between 1 and 5000)
);

-- As ProgrammeComponent messages.
create function enrollment.components_of(programme_id uuid, edition integer) returns jsonb
language sql stable
return (
    select jsonb_agg(jsonb_build_object('component', 'COMPONENT_' || c.component, 'planned_hours', c.planned_hours)
        order by c.component)
    from enrollment.programme_component c
    where c.programme_id = components_of.programme_id and c.edition = components_of.edition);

-- An edition that is or was published is written in stone.
create function enrollment.keep_published_edition() returns trigger
language plpgsql as $$
begin
    if exists (select from enrollment.programme p where p.id = new.programme_id and p.edition >= new.edition) then
        raise exception 'edition % is published', new.edition
            using errcode = 'check_violation', constraint = 'programme_edition_is_frozen';
    end if;
    return new;
end
$$;
create trigger keep_published before insert or update on enrollment.programme_component
    for each row execute function enrollment.keep_published_edition();

-- Whoever changes the foundation or a prison has read the version that stands.
create function enrollment.keep_version() returns trigger
language plpgsql as $$
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
create trigger keep_version before update on enrollment.foundation
    for each row execute function enrollment.keep_version();
create trigger keep_version before update on enrollment.prison
    for each row execute function enrollment.keep_version();

grant select on enrollment.foundation, enrollment.component, enrollment.programme, enrollment.programme_edition,
    enrollment.programme_component to pulih_enrollment;
grant update on enrollment.foundation to pulih_enrollment;
grant insert, update on enrollment.programme to pulih_enrollment;
grant insert on enrollment.programme_edition, enrollment.programme_component to pulih_enrollment;
-- Only so that a repeated insert finds its row.
grant update (edition) on enrollment.programme_edition to pulih_enrollment;
