-- Many series in one transaction: what locking, the triggers and the plans cost beside the rows is paid once a batch.
-- locks: only materialise() calls it, which is another one below
drop function scheduling.insert_sessions(scheduling.series, date[], timestamptz[], text[]);
-- As in 0258, of a series for each day.
create function scheduling.insert_sessions(series uuid[], days date[], starts timestamptz[], reasons text[])
returns void
language plpgsql
as $$
declare
    made record;
begin
    with made as (
        insert into scheduling.session (id, prison_id, series_id, series_day, component, room_id, starts_at, ends_at, status,
            cancel_reason)
        select scheduling.uuid7(), s.prison_id, s.id, d.day, s.component, s.room_id,
            d.starts_at, d.starts_at + make_interval(mins => s.duration_minutes),
            case when d.reason is null then 'SCHEDULED' else 'CANCELLED' end, d.reason
        from unnest(series, days, starts, reasons) d(series_id, day, starts_at, reason)
        join scheduling.series s on s.id = d.series_id
        returning id, series_id, prison_id, starts_at, ends_at, status = 'SCHEDULED' as occupies
    )
    select array_agg(m.id) as ids, array_agg(m.series_id) as series, array_agg(m.prison_id) as prisons,
        array_agg(m.starts_at) as starts, array_agg(m.ends_at) as ends, array_agg(m.occupies) as occupies
    into made
    from made m;

    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select m.id, c.counsellor_id, m.prison_id, m.starts_at, m.ends_at, m.occupies
    from unnest(made.ids, made.series, made.prisons, made.starts, made.ends, made.occupies)
        m(id, series_id, prison_id, starts_at, ends_at, occupies)
    join scheduling.series_counsellor c on c.series_id = m.series_id;

    insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
        occupies)
    select m.id, p.participant_id, p.enrollment_id, m.prison_id, m.starts_at, m.ends_at, m.occupies
    from (
        select p.series_id, p.participant_id, p.enrollment_id
        from (select distinct s.id from unnest(series) s(id)) s
        join scheduling.series_participant p on p.series_id = s.id
        cross join lateral (select from scheduling.case_at a
            where a.enrollment_id = p.enrollment_id and a.place_id = p.prison_id offset 0) expected
        offset 0
    ) p
    join unnest(made.ids, made.series, made.prisons, made.starts, made.ends, made.occupies)
        m(id, series_id, prison_id, starts_at, ends_at, occupies) on m.series_id = p.series_id;
end
$$;

-- As in 0042, of many `series`; each of `days` is of the one at its place in `of_series`, counted from 1. When not `strict`, one day
-- that clashes has the others tried one by one, in this order.
create function scheduling.materialise(series uuid[], of_series integer[], days date[], strict boolean) returns integer
language plpgsql set enable_seqscan = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
    fresh record;
begin
    perform from scheduling.series s where s.id = any (series) order by s.id for no key update;
    select array_agg(p.series_id) as series, array_agg(p.day) as days, array_agg(p.starts_at) as starts,
        array_agg(p.reason) as reasons
    into fresh
    from (
        select s.id as series_id, p.day, p.starts_at, p.reason
        from (select series[d.nth] as series_id, array_agg(d.day) as days from unnest(of_series, days) d(nth, day) group by 1) d
        join scheduling.series s on s.id = d.series_id
        join enrollment.prison z on z.id = s.prison_id
        cross join lateral scheduling.planned(s, z.time_zone, d.days) p
        where not exists (select from scheduling.session o where o.series_id = s.id and o.series_day = p.day
            and o.cancel_reason is distinct from 'SERIES_CHANGED')
        order by s.id, p.day
    ) p;
    if fresh.days is not null then
        perform scheduling.lock(
            array(select s.room_id from scheduling.series s where s.id = any (fresh.series)),
            array(select c.counsellor_id from scheduling.series_counsellor c where c.series_id = any (fresh.series)),
            array(select p.participant_id from scheduling.series_participant p where p.series_id = any (fresh.series)));
        begin
            perform scheduling.insert_sessions(fresh.series, fresh.days, fresh.starts, fresh.reasons);
        exception when exclusion_violation then
            if strict then
                raise;
            end if;
            for i in 1 .. cardinality(fresh.days) loop
                begin
                    perform scheduling.insert_sessions(fresh.series[i:i], fresh.days[i:i], fresh.starts[i:i],
                        fresh.reasons[i:i]);
                exception when exclusion_violation then
                    perform scheduling.insert_sessions(fresh.series[i:i], fresh.days[i:i], fresh.starts[i:i],
                        array['CONFLICT']);
                end;
            end loop;
        end;
    end if;
    update scheduling.series s set materialised_until = scheduling.horizon(z.time_zone)
    from enrollment.prison z
    where s.id = any (series) and z.id = s.prison_id and s.materialised_until < scheduling.horizon(z.time_zone);
    return coalesce(cardinality(fresh.days), 0);
end
$$;

create or replace function scheduling.materialise(series uuid, days date[], strict boolean) returns integer
language sql
return scheduling.materialise(array[series], array_fill(1, array[coalesce(cardinality(days), 0)]), days, strict);

-- That counsellor and case are there is asked once a statement too, by the triggers: foreign keys ask row by row. Neither is ever
-- deleted.
alter table scheduling.session_counsellor drop constraint session_counsellor_is_known;
alter table scheduling.session_participant drop constraint session_participant_has_a_case;

-- As in 0041, and each is known.
create or replace function scheduling.session_counsellor_written() returns trigger
language plpgsql security definer
    set search_path = '' set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
    clash record;
begin
    perform scheduling.require_read_committed();
    perform pg_advisory_xact_lock(40102, bucket)
    from (select distinct uuid_hash(w.counsellor_id) & 1023 as bucket from written w where w.occupies order by bucket) wanted;
    select w.session_id, w.counsellor_id, before.session_id as before, after.session_id as after,
        before.ends_at > w.starts_at as overlaps, before.ends_at + scheduling.travel(before.prison_id, w.prison_id)
            > w.starts_at as late_from_before,
        (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED') as astray,
        k.id is null as unknown
    into clash
    from written w
    left join scheduling.session s on s.id = w.session_id
    left join identity.person k on k.id = w.counsellor_id
    left join lateral (
        select o.session_id, o.prison_id, o.ends_at
        from scheduling.session_counsellor o
        where o.counsellor_id = w.counsellor_id and o.starts_at < w.ends_at and o.occupies and o.session_id <> w.session_id
        order by o.starts_at desc
        limit 1
    ) before on w.occupies
    left join lateral (
        select o.session_id, o.prison_id, o.starts_at
        from scheduling.session_counsellor o
        where o.counsellor_id = w.counsellor_id and o.starts_at >= w.ends_at and o.occupies and o.session_id <> w.session_id
        order by o.starts_at
        limit 1
    ) after on w.occupies
    where before.ends_at > w.starts_at
        or (before.prison_id <> w.prison_id
            and before.ends_at + scheduling.travel(before.prison_id, w.prison_id) > w.starts_at)
        or (after.prison_id <> w.prison_id
            and w.ends_at + scheduling.travel(w.prison_id, after.prison_id) > after.starts_at)
        or (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED')
        or k.id is null
    limit 1;
    if not found then
        return null;
    end if;
    if clash.astray then
        raise exception 'session_counsellor of % isn''t where its session is', clash.session_id
            using errcode = 'check_violation';
    end if;
    if clash.unknown then
        raise exception 'session_counsellor_is_known' using errcode = 'foreign_key_violation', schema = 'scheduling',
            constraint = 'session_counsellor_is_known';
    end if;
    perform scheduling.refuse(
        case when clash.overlaps then 'session_counsellor_no_overlap' else 'session_counsellor_has_time_to_travel' end,
        (select p.name from identity.staff_published p where p.id = clash.counsellor_id), clash.session_id,
        case when clash.late_from_before then clash.before else clash.after end);
    return null;
end
$$;
