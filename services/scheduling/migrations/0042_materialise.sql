-- Days on which a series doesn't run as planned, and how its sessions come to be.

-- National holidays, every prison.
create table scheduling.holiday (
    day date not null,
    name text not null,
    constraint holiday_pkey primary key (day),
    constraint holiday_name_is_given check (length(name) between 1 and 100)
);

-- A prison lets nobody in.
create table scheduling.closure (
    id uuid not null,
    prison_id uuid not null,
    kind text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    note text not null default '',
    created_at timestamptz not null default context.now(),
    created_by uuid default context.user_id(),
    constraint closure_pkey primary key (id),
    constraint closure_is_of_a_known_prison foreign key (prison_id) references enrollment.prison (id),
    constraint closure_kind_is_known check (kind in ('CLOSED', 'LOCKDOWN')),
    constraint closure_ends_after_it_starts check (ends_at > starts_at),
    constraint closure_note_fits check (length(note) <= 500)
);
create index closure_by_prison on scheduling.closure (prison_id, starts_at);
alter table scheduling.closure enable row level security;
alter table scheduling.closure force row level security;
create policy prison_scope on scheduling.closure
    using (prison_id is null or (select context.every_prison()) or prison_id = (select context.prison_id()));
grant select, insert on scheduling.closure, scheduling.holiday to pulih_scheduling;
grant update on scheduling.closure, scheduling.holiday to pulih_scheduling;

-- UUIDv7 (RFC 9562), so that new rows stand side by side in every index by id.
create function scheduling.uuid7() returns uuid
language sql volatile
return (lpad(to_hex((extract(epoch from context.now()) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;

-- How far ahead sessions exist.
create function scheduling.horizon(zone text) returns date
language sql stable
return (context.now() at time zone zone)::date + 60;

-- A closure binds every policy, a holiday not KEEP.
create function scheduling.shut(prison uuid, policy text, local_start timestamp, from_time timestamptz, until_time timestamptz)
returns text
language sql stable
return case
    when exists (select from scheduling.closure c
        where c.prison_id = prison and c.starts_at < until_time and c.ends_at > from_time) then 'CLOSURE'
    when policy <> 'KEEP' and exists (select from scheduling.holiday h where h.day = local_start::date) then 'HOLIDAY'
end;

-- The next day, of the two weeks that follow, on which the same hours are open and that isn't one of `taken`; null if none.
create function scheduling.next_open(prison uuid, policy text, zone text, local_start timestamp, length interval, taken date[])
returns timestamptz
language sql stable
return (
    select later.local_start at time zone zone
    from generate_series(local_start + interval '1 day', local_start + interval '14 days', interval '1 day')
        as later (local_start)
    where later.local_start::date <> all (taken)
        and scheduling.shut(prison, policy, later.local_start, later.local_start at time zone zone,
            later.local_start at time zone zone + length) is null
    order by later.local_start
    limit 1);

-- What becomes of a series' `days`: when the session is, or why it isn't. One that is shut out goes to the next open day
-- where the policy says MOVE.
create function scheduling.planned(of scheduling.series, zone text, days date[])
returns table (day date, starts_at timestamptz, reason text)
language sql stable
begin atomic
    select fate.day, coalesce(fate.moved, fate.starts_at), case when fate.moved is null then fate.shut end
    from (
        select judged.day, judged.starts_at, judged.shut,
            case when judged.shut is not null and (of).holiday_policy = 'MOVE' then scheduling.next_open((of).prison_id,
                (of).holiday_policy, zone, judged.day + (of).local_start::time,
                make_interval(mins => (of).duration_minutes), days) end as moved
        from (
            select plan.day, plan.starts_at, case
                when exists (select from scheduling.closure c
                        where c.prison_id = (of).prison_id and c.ends_at > context.now())
                    and exists (select from scheduling.closure c where c.prison_id = (of).prison_id
                        and c.starts_at < plan.starts_at + make_interval(mins => (of).duration_minutes)
                        and c.ends_at > plan.starts_at) then 'CLOSURE'
                when (of).holiday_policy <> 'KEEP' and plan.day = any (array(select h.day from scheduling.holiday h))
                    then 'HOLIDAY' end as shut
            from (select d.day, (d.day + (of).local_start::time) at time zone zone as starts_at from unnest(days) d(day)
                offset 0) plan
            where plan.day between (of).first_day and least((of).last_day, scheduling.horizon(zone))
                and plan.day <> all ((of).exception_days)
                and plan.starts_at > context.now()
            offset 0
        ) judged
        offset 0
    ) fate;
end;

-- Sessions of a series with its people, as planned() says. One with a reason is kept as cancelled, so that people see it.
create function scheduling.insert_sessions(of scheduling.series, days date[], starts timestamptz[], reasons text[])
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
    join enrollment.case_published e on e.id = p.enrollment_id and e.status = 'ACTIVE' and e.prison_id = of.prison_id
    cross join unnest(made.ids, made.starts, made.ends, made.occupies) m(id, starts_at, ends_at, occupies)
    where p.series_id = of.id;
end
$$;

-- Makes the sessions of a series that aren't there yet, of `days` (what its rule expands to) up to the horizon, and says
-- how many. May run twice, also at once. A clash refuses all of it when `strict`; otherwise the day that clashes stands
-- as cancelled.
create function scheduling.materialise(series uuid, days date[], strict boolean) returns integer
language plpgsql set enable_seqscan = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
    of scheduling.series;
    zone text;
    counsellors uuid[];
    participants uuid[];
    fresh date[];
    starts timestamptz[];
    reasons text[];
begin
    select s.* into of from scheduling.series s where s.id = materialise.series for no key update;
    select p.time_zone,
        array(select c.counsellor_id from scheduling.series_counsellor c where c.series_id = of.id),
        array(select m.participant_id from scheduling.series_participant m where m.series_id = of.id)
    into strict zone, counsellors, participants
    from enrollment.prison p where p.id = of.prison_id;
    select array_agg(p.day), array_agg(p.starts_at), array_agg(p.reason) into fresh, starts, reasons
    from scheduling.planned(of, zone, days) p
    where not exists (select from scheduling.session s where s.series_id = of.id and s.series_day = p.day
        and s.cancel_reason is distinct from 'SERIES_CHANGED');
    if fresh is not null then
        perform scheduling.lock(array[of.room_id], counsellors, participants);
        begin
            perform scheduling.insert_sessions(of, fresh, starts, reasons);
        exception when exclusion_violation then
            if strict then
                raise;
            end if;
            for i in 1 .. cardinality(fresh) loop
                begin
                    perform scheduling.insert_sessions(of, fresh[i:i], starts[i:i], reasons[i:i]);
                exception when exclusion_violation then
                    perform scheduling.insert_sessions(of, fresh[i:i], starts[i:i], array['CONFLICT']);
                end;
            end loop;
        end;
    end if;
    update scheduling.series s set materialised_until = scheduling.horizon(zone)
    where s.id = of.id and s.materialised_until < scheduling.horizon(zone);
    return coalesce(cardinality(fresh), 0);
end
$$;
