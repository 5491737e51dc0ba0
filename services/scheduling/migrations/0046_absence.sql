-- What counsellors can do and when they are away. Staff of the foundation, so of no prison: only who sees every prison
-- sees these.
create table scheduling.counsellor_qualification (
    counsellor_id uuid not null,
    component text not null,
    constraint counsellor_qualification_pkey primary key (counsellor_id, component),
    constraint counsellor_qualification_of_a_person foreign key (counsellor_id) references identity.person (id),
    constraint counsellor_qualification_component_is_known check (component in
        ('INDIVIDUAL_COUNSELLING', 'GROUP_COUNSELLING', 'VOCATIONAL', 'MENTAL', 'SPIRITUAL', 'FAMILY'))
);

create table scheduling.counsellor_absence (
    id uuid not null,
    counsellor_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    note text not null default '',
    created_at timestamptz not null default context.now(),
    created_by uuid default context.user_id(),
    constraint counsellor_absence_pkey primary key (id),
    constraint counsellor_absence_of_a_person foreign key (counsellor_id) references identity.person (id),
    constraint counsellor_absence_ends_after_it_starts check (ends_at > starts_at),
    constraint counsellor_absence_note_fits check (length(note) <= 500)
);
create index counsellor_absence_by_counsellor on scheduling.counsellor_absence (counsellor_id, starts_at);

do $$
declare
    name text;
begin
    foreach name in array array['counsellor_qualification', 'counsellor_absence'] loop
        execute format('alter table scheduling.%I enable row level security', name);
        execute format('alter table scheduling.%I force row level security', name);
        execute format('create policy foundation_only on scheduling.%I using ((select context.every_prison()))', name);
        execute format('grant select, insert on scheduling.%I to pulih_scheduling', name);
    end loop;
end
$$;
grant update on scheduling.counsellor_absence to pulih_scheduling;
grant delete on scheduling.counsellor_qualification to pulih_scheduling;

-- Counsellors who could take a session over: qualified for its component, not away, and free, with the time to get there.
create function scheduling.substitutes(session scheduling.session) returns uuid[]
language sql stable
return array(
    select q.counsellor_id
    from scheduling.counsellor_qualification q
    join identity.staff_published p on p.id = q.counsellor_id and p.active
    where q.component = (session).component
        and not exists (select from scheduling.counsellor_absence a where a.counsellor_id = q.counsellor_id
            and a.starts_at < (session).ends_at and a.ends_at > (session).starts_at)
        and not exists (select from scheduling.session_counsellor c
            where c.counsellor_id = q.counsellor_id and c.occupies
                and c.starts_at between (session).starts_at - interval '3 days' and (session).ends_at + interval '3 days'
                and (c.session_id = (session).id
                    or c.starts_at < (session).ends_at + case when c.prison_id = (session).prison_id then interval '0'
                        else scheduling.travel(c.prison_id, (session).prison_id) end
                    and c.ends_at + case when c.prison_id = (session).prison_id then interval '0'
                        else scheduling.travel(c.prison_id, (session).prison_id) end > (session).starts_at))
    order by p.name, q.counsellor_id);
