-- Series and sessions as callers make and change them. The functions give the row as it is after the change, which a
-- statement around them couldn't see.

create view scheduling.series_detail with (security_invoker) as
select s.id, s.prison_id, s.component, s.room_id, s.local_start::date as start_day,
    to_char(s.local_start, 'HH24:MI') as start_time, s.duration_minutes, s.rrule, s.exception_days::text[] as exception_days,
    s.holiday_policy, s.first_day, s.last_day, s.materialised_until, s.continues_id, s.version,
    array(select c.counsellor_id from scheduling.series_counsellor c where c.series_id = s.id order by c.counsellor_id)
        as counsellor_ids,
    array(select p.enrollment_id from scheduling.series_participant p where p.series_id = s.id order by p.enrollment_id)
        as enrollment_ids
from scheduling.series s;

create view scheduling.session_detail with (security_invoker) as
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
        where p.session_id = s.id) as participants
from scheduling.session s
join scheduling.room r on r.id = s.room_id;
grant select on scheduling.series_detail, scheduling.session_detail to pulih_scheduling;

create function scheduling.require_counsellors(counsellors uuid[]) returns void
language plpgsql
as $$
begin
    if coalesce(cardinality(counsellors), 0) = 0 then
        raise exception 'no counsellor' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_has_a_counsellor';
    end if;
end
$$;

-- A missing case is refused, not left out.
create function scheduling.require_cases(enrollments uuid[], prison uuid) returns void
language plpgsql
as $$
begin
    if exists (select from unnest(enrollments) i(id) where not exists (select from scheduling.active_case(i.id, prison))) then
        raise exception 'series_participant_is_active_here' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_participant_is_active_here', detail = jsonb_build_object('who', '');
    end if;
end
$$;

create function scheduling.active_case(enrollment uuid, prison uuid) returns setof enrollment.case_published
language sql stable
begin atomic
    select e.* from enrollment.case_published e where e.id = enrollment and e.prison_id = prison and e.status = 'ACTIVE';
end;

create function scheduling.set_people(of scheduling.series, counsellors uuid[], enrollments uuid[]) returns void
language plpgsql
as $$
begin
    if counsellors is not null then
        delete from scheduling.series_counsellor c where c.series_id = of.id and c.counsellor_id <> all (counsellors);
        insert into scheduling.series_counsellor (series_id, counsellor_id, prison_id)
        select of.id, c.id, of.prison_id from unnest(counsellors) c(id) on conflict do nothing;
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

create function scheduling.create_series(wanted scheduling.series, counsellors uuid[], enrollments uuid[], days date[])
returns setof scheduling.series_detail
language plpgsql
as $$
begin
    insert into scheduling.series (id, prison_id, component, room_id, local_start, duration_minutes, rrule, exception_days,
        holiday_policy, first_day, last_day, materialised_until)
    values (wanted.id, wanted.prison_id, wanted.component, wanted.room_id, wanted.local_start, wanted.duration_minutes,
        coalesce(wanted.rrule, ''), coalesce(wanted.exception_days, '{}'), coalesce(wanted.holiday_policy, 'CANCEL'),
        wanted.local_start::date, wanted.last_day, wanted.local_start::date - 1)
    on conflict (id) do nothing;
    if found then
        perform scheduling.require_counsellors(counsellors);
        perform scheduling.set_people(wanted, counsellors, enrollments);
        perform scheduling.materialise(wanted.id, days, true);
    end if;
    return query select d.* from scheduling.series_detail d where d.id = wanted.id;
end
$$;

-- Future sessions of a series from a day on become what the series now says: those of days it no longer has are
-- cancelled, the others keep their ids, new days are added. Sessions that were changed one by one fall in line again.
create function scheduling.follow_series(of scheduling.series, from_day date, days date[]) returns void
language plpgsql
as $$
declare
    zone text;
    plan record;
    kept uuid[];
    counsellors uuid[] := array(select c.counsellor_id from scheduling.series_counsellor c where c.series_id = of.id);
    participants uuid[] := array(select p.participant_id from scheduling.series_participant p where p.series_id = of.id);
begin
    select p.time_zone into strict zone from enrollment.prison p where p.id = of.prison_id;
    kept := array(select s.id from scheduling.session s where s.series_id = of.id and s.series_day >= from_day
        and s.status = 'SCHEDULED' and s.starts_at > context.now());
    perform scheduling.lock(
        array(select s.room_id from scheduling.session s where s.id = any (kept) union select of.room_id),
        array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = any (kept)
            union select unnest(counsellors)),
        array(select p.participant_id from scheduling.session_participant p where p.session_id = any (kept)
            union select unnest(participants)));
    select array_agg(p.day) as days, array_agg(p.starts_at) as starts, array_agg(p.reason) as reasons into plan
    from scheduling.planned(of, zone, days) p where p.day >= from_day;

    update scheduling.session s set status = 'CANCELLED', cancel_reason = coalesce(p.reason, 'SERIES_CHANGED')
    from scheduling.session kin
    left join unnest(plan.days, plan.starts, plan.reasons) p(day, starts_at, reason) on p.day = kin.series_day
    where s.id = any (kept) and kin.id = s.id and (p.day is null or p.reason is not null);
    kept := array(select s.id from scheduling.session s where s.id = any (kept) and s.status = 'SCHEDULED');

    delete from scheduling.session_counsellor c where c.session_id = any (kept) and c.counsellor_id <> all (counsellors);
    delete from scheduling.session_participant p where p.session_id = any (kept) and p.participant_id <> all (participants);
    update scheduling.session s
    set component = of.component, room_id = of.room_id, starts_at = p.starts_at,
        ends_at = p.starts_at + make_interval(mins => of.duration_minutes)
    from unnest(plan.days, plan.starts) p(day, starts_at)
    where s.id = any (kept) and p.day = s.series_day
        and (s.component, s.room_id, s.starts_at, s.ends_at) is distinct from
            (of.component, of.room_id, p.starts_at, p.starts_at + make_interval(mins => of.duration_minutes));
    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select s.id, c.id, s.prison_id, s.starts_at, s.ends_at, true
    from scheduling.session s cross join unnest(counsellors) c(id)
    where s.id = any (kept)
    on conflict do nothing;
    insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
        occupies)
    select s.id, p.participant_id, p.enrollment_id, s.prison_id, s.starts_at, s.ends_at, true
    from scheduling.session s
    join scheduling.series_participant p on p.series_id = of.id
    cross join scheduling.active_case(p.enrollment_id, of.prison_id)
    where s.id = any (kept)
    on conflict do nothing;
    perform scheduling.materialise(of.id, days, true);
end
$$;

-- Changes a series from `from_day` on, or all that is still to come of it when `split_id` is null. A split ends the old
-- series the day before, and a new one of that id goes on with its sessions. `wanted` is the whole new definition; people
-- that are null stay as they are.
create function scheduling.change_series(wanted scheduling.series, split_id uuid, from_day date, counsellors uuid[],
    enrollments uuid[], days date[])
returns setof scheduling.series_detail
language plpgsql
as $$
declare
    old scheduling.series;
    of scheduling.series := wanted;
    first date;
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
    select greatest(from_day, (context.now() at time zone p.time_zone)::date) into strict first
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
    perform scheduling.set_people(of, counsellors, enrollments);
    perform scheduling.follow_series(of, first, days);
    return query select d.* from scheduling.series_detail d where d.id = of.id;
end
$$;

create function scheduling.end_series(series uuid, last_day date) returns setof scheduling.series_detail
language plpgsql
as $$
begin
    update scheduling.series s set last_day = end_series.last_day, version = s.version + 1
    where s.id = end_series.series and (s.last_day is null or s.last_day > end_series.last_day);
    update scheduling.session s set status = 'CANCELLED', cancel_reason = 'SERIES_ENDED'
    where s.series_id = end_series.series and s.series_day > end_series.last_day and s.status = 'SCHEDULED'
        and s.starts_at > context.now();
    return query select d.* from scheduling.series_detail d where d.id = end_series.series;
end
$$;

create function scheduling.create_session(wanted scheduling.session, counsellors uuid[], enrollments uuid[])
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

-- Null leaves a thing as it is. `expected_version` of 0 doesn't ask.
create function scheduling.change_session(session uuid, expected_version integer, starts timestamptz, ends timestamptz,
    room uuid, counsellors uuid[])
returns setof scheduling.session_detail
language plpgsql
as $$
declare
    old scheduling.session;
begin
    select s.* into old from scheduling.session s where s.id = change_session.session for update;
    if not found then
        return;
    end if;
    if expected_version not in (0, old.version) then
        raise exception 'session changed' using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    perform scheduling.lock(array[old.room_id, coalesce(room, old.room_id)],
        array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = old.id
            union select unnest(counsellors)),
        array(select p.participant_id from scheduling.session_participant p where p.session_id = old.id));
    delete from scheduling.session_counsellor c where c.session_id = old.id and c.counsellor_id <> all (counsellors);
    update scheduling.session s
    set starts_at = coalesce(starts, s.starts_at), room_id = coalesce(room, s.room_id),
        ends_at = coalesce(ends, coalesce(starts, s.starts_at) + (s.ends_at - s.starts_at))
    where s.id = old.id
        and (coalesce(starts, s.starts_at), coalesce(room, s.room_id),
            coalesce(ends, coalesce(starts, s.starts_at) + (s.ends_at - s.starts_at)))
            is distinct from (s.starts_at, s.room_id, s.ends_at);
    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select s.id, c.id, s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED'
    from scheduling.session s, unnest(counsellors) c(id)
    where s.id = old.id
    on conflict do nothing;
    return query select d.* from scheduling.session_detail d where d.id = old.id;
end
$$;

-- Cancelling what is cancelled changes nothing.
create function scheduling.cancel_session(session uuid, reason text, note text) returns setof scheduling.session_detail
language plpgsql
as $$
begin
    update scheduling.session s
    set status = 'CANCELLED', cancel_reason = coalesce(reason, 'OTHER'), cancel_note = note
    where s.id = cancel_session.session and s.status <> 'CANCELLED';
    return query select d.* from scheduling.session_detail d where d.id = cancel_session.session;
end
$$;
