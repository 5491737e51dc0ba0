-- Sessions outside the prisons, for people in aftercare. One rule says who can be in a session where, and everything asks it: who is
-- booked, who is still expected when a series goes on, and who has left.
create view scheduling.case_at with (security_invoker) as
select c.id as enrollment_id, c.participant_id, c.prison_id as place_id
from enrollment.case_published c
where c.status = 'ACTIVE'
union all
select c.id, c.participant_id, p.id
from enrollment.case_published c
join enrollment.prison_published p on p.aftercare
where c.status = 'AFTERCARE';
grant select on scheduling.case_at to pulih_scheduling;

create or replace function scheduling.active_case(enrollment uuid, prison uuid) returns setof enrollment.case_published
language sql stable
begin atomic
    select e.* from enrollment.case_published e
    where e.id = enrollment
        and exists (select from scheduling.case_at a where a.enrollment_id = enrollment and a.place_id = prison);
end;

-- As in 0042, but by that rule; it is asked case by case, since a join read every active case for each series.
create or replace function scheduling.insert_sessions(of scheduling.series, days date[], starts timestamptz[], reasons text[])
returns void
language plpgsql
as $$
declare
    made record;
begin
    with made as (
        insert into scheduling.session (id, prison_id, series_id, series_day, component, room_id, starts_at, ends_at, status,
            cancel_reason)
        select scheduling.uuid7(), of.prison_id, of.id, d.day, of.component, of.room_id,
            d.starts_at, d.starts_at + make_interval(mins => of.duration_minutes),
            case when d.reason is null then 'SCHEDULED' else 'CANCELLED' end, d.reason
        from unnest(days, starts, reasons) d(day, starts_at, reason)
        returning id, starts_at, ends_at, status = 'SCHEDULED' as occupies
    )
    select array_agg(m.id) as ids, array_agg(m.starts_at) as starts, array_agg(m.ends_at) as ends,
        array_agg(m.occupies) as occupies
    into made
    from made m;

    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select m.id, c.counsellor_id, of.prison_id, m.starts_at, m.ends_at, m.occupies
    from scheduling.series_counsellor c
    cross join unnest(made.ids, made.starts, made.ends, made.occupies) m(id, starts_at, ends_at, occupies)
    where c.series_id = of.id;

    insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
        occupies)
    select m.id, p.participant_id, p.enrollment_id, of.prison_id, m.starts_at, m.ends_at, m.occupies
    from scheduling.series_participant p
    cross join lateral (select from scheduling.case_at a where a.enrollment_id = p.enrollment_id and a.place_id = of.prison_id
        offset 0) expected
    cross join unnest(made.ids, made.starts, made.ends, made.occupies) m(id, starts_at, ends_at, occupies)
    where p.series_id = of.id;
end
$$;

-- As in 0041, but by that rule; and a session can be moved while somebody in it has just left the programme: the event of that, which may
-- be late, takes them out (settle_cases). Asked is of those who join.
create or replace function scheduling.session_participant_written() returns trigger
language plpgsql security definer
    set search_path = '' set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
    clash record;
begin
    perform scheduling.require_read_committed();
    perform pg_advisory_xact_lock(40103, bucket)
    from (select distinct uuid_hash(w.participant_id) & 1023 as bucket from written w where w.occupies order by bucket) wanted;
    select w.session_id, w.participant_id, o.session_id as other, o.ends_at > w.starts_at as overlaps,
        (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED') as astray
    into clash
    from written w
    left join scheduling.session s on s.id = w.session_id
    left join lateral (
        select o.session_id, o.ends_at
        from scheduling.session_participant o
        where o.participant_id = w.participant_id and o.starts_at < w.ends_at and o.occupies
            and o.session_id <> w.session_id
        order by o.starts_at desc
        limit 1
    ) o on w.occupies
    where o.ends_at > w.starts_at
        or (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED')
        or (tg_op = 'INSERT' and not exists (select from scheduling.case_at a
            where a.enrollment_id = w.enrollment_id and a.participant_id = w.participant_id and a.place_id = w.prison_id))
    limit 1;
    if not found then
        return null;
    end if;
    if clash.astray then
        raise exception 'session_participant of % isn''t where its session is', clash.session_id
            using errcode = 'check_violation';
    end if;
    if clash.overlaps then
        perform scheduling.refuse('session_participant_no_overlap',
            (select p.name from enrollment.participant p where p.id = clash.participant_id), clash.session_id, clash.other);
    end if;
    raise exception 'session_participant_is_active_here' using errcode = 'check_violation', schema = 'scheduling',
        constraint = 'session_participant_is_active_here', detail = jsonb_build_object('who', coalesce(
            (select p.name from enrollment.participant p where p.id = clash.participant_id), '?'));
end
$$;

-- As in 0047.
create or replace function scheduling.settle_cases(cases uuid[]) returns void
language plpgsql
as $$
declare
    people uuid[] := array(select distinct e.participant_id from enrollment.case_published e where e.id = any (cases));
    left_sessions uuid[];
    left_series uuid[];
begin
    -- Behind the lock that booking a participant takes: what is being booked just now is seen after it.
    perform scheduling.lock('{}', '{}', people);
    with gone as (
        delete from scheduling.session_participant p
        where p.participant_id = any (people) and p.enrollment_id = any (cases) and p.starts_at > context.now()
            and p.occupies and not exists (select from scheduling.case_at a
                where a.enrollment_id = p.enrollment_id and a.place_id = p.prison_id offset 0)
        returning p.session_id
    )
    select array_agg(g.session_id) into left_sessions from gone g;
    with gone as (
        delete from scheduling.series_participant p
        where p.participant_id = any (people) and p.enrollment_id = any (cases)
            and not exists (select from scheduling.case_at a
                where a.enrollment_id = p.enrollment_id and a.place_id = p.prison_id offset 0)
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
end
$$;
