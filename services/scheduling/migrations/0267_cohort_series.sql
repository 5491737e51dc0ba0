-- Series that are planned for a cohort: everybody in it whose case is active takes part, whoever joins or leaves it later.
alter table scheduling.series add column cohort_id uuid,
    add constraint series_is_for_a_cohort_of_its_prison foreign key (cohort_id, prison_id)
        references enrollment.cohort (id, prison_id) not valid,
    add constraint series_of_one_is_for_no_cohort check (cohort_id is null or component <> 'INDIVIDUAL_COUNSELLING') not valid;
-- locks: there are some hundred series in all
create index series_by_cohort on scheduling.series (cohort_id) where cohort_id is not null;

create or replace view scheduling.series_detail with (security_invoker) as
select s.id, s.prison_id, s.component, s.room_id, s.local_start::date as start_day,
    to_char(s.local_start, 'HH24:MI') as start_time, s.duration_minutes, s.rrule, s.exception_days::text[] as exception_days,
    s.holiday_policy, s.first_day, s.last_day, s.materialised_until, s.continues_id, s.version,
    array(select c.counsellor_id from scheduling.series_counsellor c where c.series_id = s.id order by c.counsellor_id)
        as counsellor_ids,
    array(select p.enrollment_id from scheduling.series_participant p where p.series_id = s.id order by p.enrollment_id)
        as enrollment_ids,
    s.cohort_id, h.name as cohort_name
from scheduling.series s
left join enrollment.cohort_published h on h.id = s.cohort_id;

create function scheduling.cohort_name(series uuid) returns text
language sql stable
return (select h.name from scheduling.series s join enrollment.cohort_published h on h.id = s.cohort_id
    where s.id = cohort_name.series);

create or replace view scheduling.session_detail with (security_invoker) as
select s.id, s.prison_id, s.series_id, s.series_day, s.component, s.room_id, r.name as room_name, s.starts_at, s.ends_at,
    s.status, s.cancel_reason, s.cancel_note, s.makes_up_id, s.version,
    array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = s.id order by c.counsellor_id)
        as counsellor_ids,
    (select jsonb_agg(jsonb_build_object('participant_id', p.participant_id, 'enrollment_id', p.enrollment_id,
            'name', w.name, 'register_number', w.register_number, 'mark', 'ATTENDANCE_MARK_' || coalesce(a.mark, 'UNSPECIFIED'))
            order by w.name, p.participant_id)
        from scheduling.session_participant p
        join enrollment.participant_published w on w.id = p.participant_id
        left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
        where p.session_id = s.id) as participants,
    scheduling.cohort_name(s.series_id) as cohort_name
from scheduling.session s
join scheduling.room r on r.id = s.room_id;

create or replace view scheduling.day_session with (security_invoker) as
select s.id as session_id, s.prison_id, s.component, r.name as room_name, s.starts_at, s.ends_at, s.status, s.cancel_reason,
    s.cancel_note,
    array(select k.name from scheduling.session_counsellor c join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id order by k.name) as counsellor_names,
    n.expected_count, n.present_count, n.unmarked_count, scheduling.cohort_name(s.series_id) as cohort_name
from scheduling.session s
join scheduling.room r on r.id = s.room_id
cross join lateral (
    select count(*)::integer as expected_count, count(*) filter (where a.mark in ('ATTENDED', 'LATE'))::integer as present_count,
        count(*) filter (where a.mark is null)::integer as unmarked_count
    from scheduling.session_participant p
    left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
    where p.session_id = s.id
) n;

-- A series that goes on from another is for the same cohort.
create function scheduling.inherit_cohort() returns trigger
language plpgsql
as $$
begin
    new.cohort_id := (select s.cohort_id from scheduling.series s where s.id = new.continues_id);
    return new;
end
$$;
create trigger series_inherits_its_cohort before insert on scheduling.series
for each row when (new.continues_id is not null) execute function scheduling.inherit_cohort();

-- Who makes a series for a cohort, and who takes a case into its series or out of them, wait here for one another: so neither misses
-- what the other has just done.
create function scheduling.lock_cohorts(cohorts uuid[]) returns void
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(40104, wanted.bucket)
    from (select distinct uuid_hash(id) & 1023 as bucket from unnest(cohorts) id order by bucket) wanted;
end
$$;

-- As in 0043, and of a series for a cohort its active cases.
create or replace function scheduling.set_people(of scheduling.series, counsellors uuid[], enrollments uuid[]) returns void
language plpgsql
as $$
declare
    cohort uuid := (select s.cohort_id from scheduling.series s where s.id = of.id);
begin
    if counsellors is not null then
        delete from scheduling.series_counsellor c where c.series_id = of.id and c.counsellor_id <> all (counsellors);
        insert into scheduling.series_counsellor (series_id, counsellor_id, prison_id)
        select of.id, c.id, of.prison_id from unnest(counsellors) c(id) on conflict do nothing;
    end if;
    if cohort is not null then
        if cardinality(enrollments) > 0 then
            raise exception 'series_follows_its_cohort' using errcode = 'check_violation', schema = 'scheduling',
                constraint = 'series_follows_its_cohort';
        end if;
        perform scheduling.lock_cohorts(array[cohort]);
        enrollments := array(select m.enrollment_id from enrollment.cohort_member_published m
            where m.cohort_id = cohort and m.status = 'ACTIVE');
    end if;
    if enrollments is not null then
        perform scheduling.require_cases(enrollments, of.prison_id);
        delete from scheduling.series_participant p where p.series_id = of.id and p.enrollment_id <> all (enrollments);
        insert into scheduling.series_participant (series_id, participant_id, enrollment_id, prison_id)
        select of.id, e.participant_id, e.id, of.prison_id
        from unnest(enrollments) i(id), scheduling.active_case(i.id, of.prison_id) e
        on conflict do nothing;
    end if;
end
$$;

-- As in 0262, for a cohort.
create or replace function scheduling.create_series(wanted scheduling.series, counsellors uuid[], enrollments uuid[], days date[])
returns setof scheduling.series_detail
language plpgsql
as $$
declare
    made scheduling.series;
begin
    insert into scheduling.series as s (id, prison_id, component, room_id, local_start, duration_minutes, rrule, exception_days,
        holiday_policy, first_day, last_day, materialised_until, cohort_id)
    values (wanted.id, wanted.prison_id, wanted.component, wanted.room_id, wanted.local_start, wanted.duration_minutes,
        coalesce(wanted.rrule, ''), coalesce(wanted.exception_days, '{}'), coalesce(wanted.holiday_policy, 'CANCEL'),
        wanted.local_start::date, wanted.last_day, wanted.local_start::date - 1, wanted.cohort_id)
    on conflict (id) do nothing
    returning s.* into made;
    if found then
        perform scheduling.require_open_days(made, days);
        perform scheduling.require_counsellors(counsellors);
        perform scheduling.set_people(wanted, counsellors, enrollments);
        perform scheduling.materialise(wanted.id, days, true);
    end if;
    return query select d.* from scheduling.series_detail d where d.id = wanted.id;
end
$$;

-- Who is of a cohort's series and not in one of its sessions to come: they were elsewhere when they joined.
create view scheduling.cohort_gap with (security_invoker) as
select r.cohort_id, s.id as session_id, s.prison_id, s.series_id, s.component, s.room_id, s.starts_at, s.ends_at, p.participant_id,
    p.enrollment_id
from scheduling.series r
join scheduling.series_participant p on p.series_id = r.id
join scheduling.session s on s.series_id = r.id and s.status = 'SCHEDULED' and s.starts_at > context.now()
where not exists (select from scheduling.session_participant o where o.session_id = s.id and o.participant_id = p.participant_id);
grant select on scheduling.cohort_gap to pulih_scheduling;

-- Closes what can be closed of a series' gaps, of one participant or of all; says how many.
create function scheduling.close_gaps(series uuid, participant uuid) returns integer
language plpgsql
as $$
declare
    gaps scheduling.cohort_gap[];
    closed integer := 0;
begin
    -- Held as they are: whoever moves one meanwhile would not know of those who are being put into it.
    perform from scheduling.session s
    where s.series_id = close_gaps.series and s.status = 'SCHEDULED' and s.starts_at > context.now()
    order by s.id for share;
    gaps := array(select g from scheduling.cohort_gap g
        where g.series_id = close_gaps.series and (participant is null or g.participant_id = participant)
        order by g.starts_at, g.participant_id);
    for i in 1 .. cardinality(gaps) loop
        begin
            insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
                occupies)
            values (gaps[i].session_id, gaps[i].participant_id, gaps[i].enrollment_id, gaps[i].prison_id, gaps[i].starts_at,
                gaps[i].ends_at, true);
            closed := closed + 1;
        exception when exclusion_violation then
            -- They stay elsewhere; cohort_gap says so.
        end;
    end loop;
    return closed;
end
$$;

-- As in 0258, and cohorts: a case is taken out of the series of a cohort that it has left, and into those of the one it is in.
create or replace function scheduling.settle_cases(cases uuid[]) returns void
language plpgsql
as $$
declare
    people uuid[] := array(select distinct e.participant_id from enrollment.case_published e where e.id = any (cases));
    left_sessions uuid[];
    left_series uuid[];
    joined record;
begin
    perform scheduling.lock_cohorts(array(select m.cohort_id from enrollment.cohort_member_published m
        where m.enrollment_id = any (cases)));
    -- Behind the lock that booking a participant takes: what is being booked just now is seen after it.
    perform scheduling.lock('{}', '{}', people);
    with gone as (
        delete from scheduling.session_participant p
        where p.participant_id = any (people) and p.enrollment_id = any (cases) and p.starts_at > context.now()
            and p.occupies and (
                not exists (select from scheduling.case_at a
                    where a.enrollment_id = p.enrollment_id and a.place_id = p.prison_id offset 0)
                or scheduling.is_out_of_cohort((select s.series_id from scheduling.session s where s.id = p.session_id),
                    p.enrollment_id))
        returning p.session_id
    )
    select array_agg(g.session_id) into left_sessions from gone g;
    with gone as (
        delete from scheduling.series_participant p
        where p.participant_id = any (people) and p.enrollment_id = any (cases) and (
            not exists (select from scheduling.case_at a
                where a.enrollment_id = p.enrollment_id and a.place_id = p.prison_id offset 0)
            or scheduling.is_out_of_cohort(p.series_id, p.enrollment_id))
        returning p.series_id
    )
    select array_agg(g.series_id) into left_series from gone g;
    update scheduling.session s set status = 'CANCELLED', cancel_reason = 'NO_PARTICIPANT'
    where s.id = any (left_sessions) and s.component = 'INDIVIDUAL_COUNSELLING' and s.status = 'SCHEDULED'
        and not exists (select from scheduling.session_participant p where p.session_id = s.id);
    update scheduling.series s set last_day = (context.now() at time zone z.time_zone)::date, version = s.version + 1
    from enrollment.prison z
    where s.id = any (left_series) and s.component = 'INDIVIDUAL_COUNSELLING' and z.id = s.prison_id
        and not exists (select from scheduling.series_participant p where p.series_id = s.id);
    for joined in
        insert into scheduling.series_participant (series_id, participant_id, enrollment_id, prison_id)
        select r.id, m.participant_id, m.enrollment_id, r.prison_id
        from enrollment.cohort_member_published m
        join scheduling.series r on r.cohort_id = m.cohort_id
        join enrollment.prison z on z.id = r.prison_id
        where m.enrollment_id = any (cases) and m.status = 'ACTIVE'
            and coalesce(r.last_day, 'infinity') >= (context.now() at time zone z.time_zone)::date
            and exists (select from scheduling.case_at a
                where a.enrollment_id = m.enrollment_id and a.place_id = r.prison_id offset 0)
        on conflict do nothing
        returning series_id, participant_id
    loop
        perform scheduling.close_gaps(joined.series_id, joined.participant_id);
    end loop;
end
$$;

-- Whether a series is planned for a cohort that a case isn't in.
create function scheduling.is_out_of_cohort(series uuid, enrollment uuid) returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from scheduling.series s
        where s.id = is_out_of_cohort.series and s.cohort_id is not null and not exists (
            select from enrollment.cohort_member_published m
            where m.enrollment_id = is_out_of_cohort.enrollment and m.cohort_id = s.cohort_id));
end
$$;
