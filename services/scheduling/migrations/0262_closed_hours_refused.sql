-- What a planner says by hand isn't put into closed hours: the refusal says whose hours, when and where.

-- Refuses when one of the times lies in closed hours of the prison; when `endless`, only in those that have no last day.
create function scheduling.require_open_hours(prison uuid, starts timestamptz[], length interval, endless boolean) returns void
language plpgsql
as $$
declare
    closed record;
begin
    select (c.hours).name as who, to_char(c.day, 'YYYY-MM-DD ') || to_char((c.hours).from_time, 'HH24:MI–')
        || to_char((c.hours).until_time, 'HH24:MI ') || t.short_name as period, z.name as place
    into closed
    from unnest(starts) w(starts_at)
    cross join lateral scheduling.closed_hours_at(prison, w.starts_at, w.starts_at + length) c
    join enrollment.prison z on z.id = prison
    join enrollment.time_zone t on t.name = z.time_zone
    where not endless or ((c.hours).last_day is null and (c.hours).ended_day is null)
    order by w.starts_at
    limit 1;
    if found then
        raise exception 'session_is_in_open_hours' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_is_in_open_hours',
            detail = jsonb_build_object('who', closed.who, 'when', closed.period, 'where', closed.place);
    end if;
end
$$;

-- The same of the days of a series that are still to come. Days in hours that end are displaced instead, but for a series of
-- one day.
create function scheduling.require_open_days(of scheduling.series, days date[]) returns void
language plpgsql
as $$
begin
    perform scheduling.require_open_hours(of.prison_id, array(
        select d.starts_at
        from (
            select d.day, (d.day + of.local_start::time) at time zone z.time_zone as starts_at
            from enrollment.prison z, unnest(days) d(day)
            where z.id = of.prison_id
        ) d
        where d.starts_at > context.now() and d.day between of.first_day and coalesce(of.last_day, 'infinity')
            and d.day <> all (of.exception_days)), make_interval(mins => of.duration_minutes), of.rrule <> '');
end
$$;

-- As in 0043, in open hours.
create or replace function scheduling.create_session(wanted scheduling.session, counsellors uuid[], enrollments uuid[])
returns setof scheduling.session_detail
language plpgsql
as $$
begin
    perform scheduling.lock(array[wanted.room_id], counsellors, array(select e.participant_id
        from unnest(enrollments) i(id), scheduling.active_case(i.id, wanted.prison_id) e));
    insert into scheduling.session (id, prison_id, component, room_id, starts_at, ends_at, makes_up_id)
    values (wanted.id, wanted.prison_id, wanted.component, wanted.room_id, wanted.starts_at, wanted.ends_at,
        wanted.makes_up_id)
    on conflict (id) do nothing;
    if found then
        perform scheduling.require_open_hours(wanted.prison_id, array[wanted.starts_at], wanted.ends_at - wanted.starts_at, false);
        perform scheduling.require_counsellors(counsellors);
        perform scheduling.require_cases(enrollments, wanted.prison_id);
        insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
        select wanted.id, c.id, wanted.prison_id, wanted.starts_at, wanted.ends_at, true
        from (select distinct unnest(counsellors)) c(id);
        insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
            occupies)
        select distinct on (e.participant_id) wanted.id, e.participant_id, e.id, wanted.prison_id, wanted.starts_at,
            wanted.ends_at, true
        from unnest(enrollments) i(id), scheduling.active_case(i.id, wanted.prison_id) e;
    end if;
    return query select d.* from scheduling.session_detail d where d.id = wanted.id;
end
$$;

-- As in 0043, and another time is in open hours.
create or replace function scheduling.change_session(session uuid, expected_version integer, starts timestamptz, ends timestamptz,
    room uuid, counsellors uuid[])
returns setof scheduling.session_detail
language plpgsql
as $$
declare
    old scheduling.session;
    new_start timestamptz;
    new_end timestamptz;
begin
    select s.* into old from scheduling.session s where s.id = change_session.session for update;
    if not found then
        return;
    end if;
    if expected_version not in (0, old.version) then
        raise exception 'session changed' using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    new_start := coalesce(starts, old.starts_at);
    new_end := coalesce(ends, new_start + (old.ends_at - old.starts_at));
    perform scheduling.lock(array[old.room_id, coalesce(room, old.room_id)],
        array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = old.id
            union select unnest(counsellors)),
        array(select p.participant_id from scheduling.session_participant p where p.session_id = old.id));
    if (new_start, new_end) is distinct from (old.starts_at, old.ends_at) then
        perform scheduling.require_open_hours(old.prison_id, array[new_start], new_end - new_start, false);
    end if;
    delete from scheduling.session_counsellor c where c.session_id = old.id and c.counsellor_id <> all (counsellors);
    update scheduling.session s set starts_at = new_start, room_id = coalesce(room, s.room_id), ends_at = new_end
    where s.id = old.id
        and (new_start, coalesce(room, s.room_id), new_end) is distinct from (s.starts_at, s.room_id, s.ends_at);
    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select s.id, c.id, s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED'
    from scheduling.session s, unnest(counsellors) c(id)
    where s.id = old.id
    on conflict do nothing;
    return query select d.* from scheduling.session_detail d where d.id = old.id;
end
$$;

-- As in 0043, in open hours.
create or replace function scheduling.create_series(wanted scheduling.series, counsellors uuid[], enrollments uuid[], days date[])
returns setof scheduling.series_detail
language plpgsql
as $$
declare
    made scheduling.series;
begin
    insert into scheduling.series as s (id, prison_id, component, room_id, local_start, duration_minutes, rrule, exception_days,
        holiday_policy, first_day, last_day, materialised_until)
    values (wanted.id, wanted.prison_id, wanted.component, wanted.room_id, wanted.local_start, wanted.duration_minutes,
        coalesce(wanted.rrule, ''), coalesce(wanted.exception_days, '{}'), coalesce(wanted.holiday_policy, 'CANCEL'),
        wanted.local_start::date, wanted.last_day, wanted.local_start::date - 1)
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

-- As in 0043, and another time is in open hours; a day that closed hours had taken and that is open now is made anew.
create or replace function scheduling.change_series(wanted scheduling.series, split_id uuid, from_day date, counsellors uuid[],
    enrollments uuid[], days date[])
returns setof scheduling.series_detail
language plpgsql
as $$
declare
    old scheduling.series;
    of scheduling.series := wanted;
    first date;
    zone text;
begin
    if split_id is not null and exists (select from scheduling.series s where s.id = split_id) then
        return query select d.* from scheduling.series_detail d where d.id = split_id;
        return;
    end if;
    select s.* into old from scheduling.series s where s.id = wanted.id for update;
    if not found then
        return;
    end if;
    if old.version <> wanted.version then
        raise exception 'series changed' using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    select greatest(from_day, (context.now() at time zone p.time_zone)::date), p.time_zone into strict first, zone
    from enrollment.prison p where p.id = old.prison_id;
    of.prison_id := old.prison_id;
    of.component := old.component;
    of.last_day := old.last_day;
    of.first_day := old.first_day;
    if split_id is null then
        update scheduling.series s set room_id = of.room_id, local_start = of.local_start,
            duration_minutes = of.duration_minutes, rrule = of.rrule, exception_days = of.exception_days,
            holiday_policy = of.holiday_policy, version = s.version + 1
        where s.id = old.id;
    else
        of.id := split_id;
        of.first_day := first;
        update scheduling.series s set last_day = first - 1, version = s.version + 1 where s.id = old.id;
        insert into scheduling.series (id, prison_id, component, room_id, local_start, duration_minutes, rrule,
            exception_days, holiday_policy, first_day, last_day, materialised_until, continues_id)
        values (of.id, of.prison_id, of.component, of.room_id, of.local_start, of.duration_minutes, of.rrule,
            of.exception_days, of.holiday_policy, of.first_day, of.last_day, first - 1, old.id);
        insert into scheduling.series_counsellor (series_id, counsellor_id, prison_id)
        select of.id, c.counsellor_id, c.prison_id from scheduling.series_counsellor c where c.series_id = old.id;
        insert into scheduling.series_participant (series_id, participant_id, enrollment_id, prison_id)
        select of.id, p.participant_id, p.enrollment_id, p.prison_id from scheduling.series_participant p
        where p.series_id = old.id;
        update scheduling.session s set series_id = of.id
        where s.series_id = old.id and s.series_day >= first and s.starts_at > context.now();
    end if;
    if (of.local_start, of.duration_minutes, of.rrule, of.exception_days) is distinct from
        (old.local_start, old.duration_minutes, old.rrule, old.exception_days) then
        perform scheduling.require_open_days(of, days);
    end if;
    update scheduling.session s set cancel_reason = 'SERIES_CHANGED'
    from scheduling.planned(of, zone, days) p
    where s.series_id = of.id and s.series_day = p.day and p.day >= first and p.reason is null and s.cancel_reason = 'CLOSURE'
        and s.starts_at > context.now() and scheduling.in_closed_hours(s.prison_id, s.starts_at, s.ends_at);
    perform scheduling.set_people(of, counsellors, enrollments);
    perform scheduling.follow_series(of, first, days);
    return query select d.* from scheduling.series_detail d where d.id = of.id;
end
$$;
