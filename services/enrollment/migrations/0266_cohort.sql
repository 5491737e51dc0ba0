-- Cohorts (angkatan): people of one prison who go through a programme together.
create table enrollment.cohort (
    id uuid not null,
    prison_id uuid not null,
    programme_id uuid not null,
    name text not null,
    starts_on date not null,
    ends_on date not null,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    created_by uuid default context.user_id(),
    constraint cohort_pkey primary key (id),
    -- What a series refers to, so that a cohort's series are in its prison.
    constraint cohort_of_prison unique (id, prison_id),
    constraint cohort_is_in_a_known_prison foreign key (prison_id) references enrollment.prison (id),
    constraint cohort_is_of_a_known_programme foreign key (programme_id) references enrollment.programme (id),
    constraint cohort_name_is_unique unique (prison_id, name),
    constraint cohort_name_is_given check (length(name) between 1 and 100),
    constraint cohort_ends_after_it_begins check (ends_on >= starts_on)
);
create trigger cohort_is_in_no_aftercare_place after insert on enrollment.cohort
    for each row execute function enrollment.refuse_aftercare_place();

-- Apart from the case: it is joined and left without a move of the case.
create table enrollment.cohort_member (
    enrollment_id uuid not null,
    cohort_id uuid not null,
    prison_id uuid not null,
    joined_at timestamptz not null default context.now(),
    joined_by uuid default context.user_id(),
    constraint cohort_member_pkey primary key (enrollment_id),
    constraint cohort_member_has_a_case foreign key (enrollment_id) references enrollment.enrollment (id),
    constraint cohort_member_has_a_cohort foreign key (cohort_id, prison_id) references enrollment.cohort (id, prison_id)
);
create index cohort_member_by_cohort on enrollment.cohort_member (cohort_id);

do $$
declare
    name text;
begin
    foreach name in array array['cohort', 'cohort_member'] loop
        execute format('alter table enrollment.%I enable row level security', name);
        execute format('alter table enrollment.%I force row level security', name);
        execute format('create policy prison_scope on enrollment.%I
            using (prison_id is null or (select context.every_prison()) or prison_id = (select context.prison_id()))', name);
        -- What a case's own triggers and scheduling's checks do, they do for every prison.
        execute format('create policy owner_sees_all on enrollment.%I to pulih_owner using (true)', name);
    end loop;
end
$$;
grant select on enrollment.cohort, enrollment.cohort_member to pulih_enrollment, pulih_scheduling;
grant insert (id, prison_id, programme_id, name, starts_on, ends_on), update (id, name, starts_on, ends_on, version)
    on enrollment.cohort to pulih_enrollment;
grant insert (enrollment_id, cohort_id, prison_id), update (cohort_id, prison_id), delete on enrollment.cohort_member
    to pulih_enrollment;

create trigger keep_version before update on enrollment.cohort
    for each row execute function enrollment.keep_version();

create function enrollment.note_cohort() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform event.emit('enrollment.cohort_' || case tg_op when 'INSERT' then 'created' else 'changed' end, new.prison_id, new.id,
        new.version);
    return null;
end
$$;
create trigger note_cohort_made after insert on enrollment.cohort
    for each row execute function enrollment.note_cohort();
create trigger note_cohort_changed after update on enrollment.cohort
    for each row when (old.version <> new.version) execute function enrollment.note_cohort();

-- Each who joins has an open case of its programme, there. Whoever joins or leaves is told of.
create function enrollment.note_members() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    stranger text;
begin
    if tg_op <> 'DELETE' then
        select p.name into stranger
        from written w
        join enrollment.cohort c on c.id = w.cohort_id
        join enrollment.enrollment e on e.id = w.enrollment_id
        join enrollment.participant p on p.id = e.participant_id
        where e.prison_id <> c.prison_id or e.programme_id <> c.programme_id
            or e.status not in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD')
        limit 1;
        if found then
            raise exception 'cohort_fits' using errcode = 'check_violation', schema = 'enrollment', constraint = 'cohort_fits',
                detail = jsonb_build_object('who', stranger);
        end if;
    end if;
    perform event.emit_many('enrollment.case_regrouped', array_agg(w.prison_id), array_agg(e.id), array_agg(e.version))
    from written w
    join enrollment.enrollment e on e.id = w.enrollment_id
    having count(*) > 0;
    return null;
end
$$;
create trigger note_joined after insert on enrollment.cohort_member
referencing new table as written for each statement execute function enrollment.note_members();
create trigger note_moved_on after update on enrollment.cohort_member
referencing new table as written for each statement execute function enrollment.note_members();
create trigger note_left after delete on enrollment.cohort_member
referencing old table as written for each statement execute function enrollment.note_members();

-- Whoever is transferred leaves the cohort behind.
create function enrollment.leave_cohort() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    delete from enrollment.cohort_member m where m.enrollment_id = new.id;
    return null;
end
$$;
create trigger leave_cohort after update on enrollment.enrollment
    for each row when (old.prison_id <> new.prison_id) execute function enrollment.leave_cohort();

-- Puts cases into a cohort, or out of any when it is null; says how many weren't there.
create function enrollment.assign_cohort(cases uuid[], cohort uuid) returns integer
language plpgsql as $$
declare
    place uuid;
    changed integer;
begin
    if coalesce(cardinality(cases), 0) not between 1 and 200 then
        raise exception 'cohort_assignment_is_bounded' using errcode = 'check_violation', schema = 'enrollment',
            constraint = 'cohort_assignment_is_bounded';
    end if;
    if cohort is null then
        delete from enrollment.cohort_member m where m.enrollment_id = any (cases);
        get diagnostics changed = row_count;
        return changed;
    end if;
    select c.prison_id into place from enrollment.cohort c where c.id = cohort;
    if not found then
        raise exception 'cohort_member_has_a_cohort' using errcode = 'foreign_key_violation', schema = 'enrollment',
            constraint = 'cohort_member_has_a_cohort';
    end if;
    insert into enrollment.cohort_member as m (enrollment_id, cohort_id, prison_id)
    select distinct i.id, cohort, place from unnest(cases) i(id) order by i.id
    on conflict (enrollment_id) do update set cohort_id = excluded.cohort_id, prison_id = excluded.prison_id
        where m.cohort_id <> excluded.cohort_id;
    get diagnostics changed = row_count;
    return changed;
end
$$;

-- As callers see it.
create view enrollment.cohort_detail with (security_invoker) as
select c.id, c.prison_id, c.programme_id, c.name, c.starts_on, c.ends_on, n.member_count, n.active_count, c.version,
    z.name as prison_name, g.name as programme_name, z.time_zone
from enrollment.cohort c
join enrollment.prison z on z.id = c.prison_id
join enrollment.programme g on g.id = c.programme_id
cross join lateral (
    select count(*)::integer as member_count, count(*) filter (where e.status = 'ACTIVE')::integer as active_count
    from enrollment.cohort_member m
    join enrollment.enrollment e on e.id = m.enrollment_id
    where m.cohort_id = c.id
) n;
grant select on enrollment.cohort_detail to pulih_enrollment;

-- Published: cohorts, and the cases in them.
create view enrollment.cohort_published with (security_invoker) as
select c.id, c.prison_id, c.programme_id, c.name, c.starts_on, c.ends_on
from enrollment.cohort c;
create view enrollment.cohort_member_published with (security_invoker) as
select m.enrollment_id, m.cohort_id, e.participant_id, e.status
from enrollment.cohort_member m
join enrollment.enrollment e on e.id = m.enrollment_id;
grant select on enrollment.cohort_published, enrollment.cohort_member_published to pulih_scheduling;
