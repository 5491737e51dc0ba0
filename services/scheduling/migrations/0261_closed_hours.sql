-- Hours of the week in which a prison has no activities: Friday prayer, the midday count, Ramadan.
create table scheduling.closed_hours (
    id uuid not null,
    prison_id uuid not null,
    name text not null,
    -- ISO 8601: 1 is Monday.
    weekdays integer[] not null,
    -- The prison's local time.
    from_time time not null,
    until_time time not null,
    first_day date not null,
    -- As it was said first; null: for good.
    last_day date,
    -- Since they were ended earlier: what the days behind it had cancelled may take place again.
    ended_day date,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    created_by uuid default context.user_id(),
    constraint closed_hours_pkey primary key (id),
    constraint closed_hours_are_of_a_known_prison foreign key (prison_id) references enrollment.prison (id),
    constraint closed_hours_name_is_given check (length(name) between 1 and 100),
    constraint closed_hours_have_weekdays check (cardinality(weekdays) between 1 and 7
        and weekdays <@ array[1, 2, 3, 4, 5, 6, 7]),
    constraint closed_hours_end_after_they_start check (until_time > from_time),
    constraint closed_hours_last_day_is_not_before_the_first check (last_day >= first_day)
);
create index closed_hours_by_prison on scheduling.closed_hours (prison_id, first_day);
alter table scheduling.closed_hours enable row level security;
alter table scheduling.closed_hours force row level security;
create policy prison_scope on scheduling.closed_hours
    using (prison_id is null or (select context.every_prison()) or prison_id = (select context.prison_id()));
grant select, insert, update on scheduling.closed_hours to pulih_scheduling;
create trigger closed_hours_are_versioned before update on scheduling.closed_hours
for each row execute function scheduling.keep_version();

-- "11:30", and "24:00" for a day's end.
create function scheduling.time_of_day(text text) returns time
language plpgsql immutable strict
as $$
begin
    if text !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' then
        raise exception 'no time of day' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'closed_hours_times_are_of_a_day';
    end if;
    return text::time;
end
$$;

-- The day on which hours that last until `until_day` (null: for good) touch an interval, which is never longer than a day.
create function scheduling.touched_day(hours scheduling.closed_hours, until_day date, zone text, starts timestamptz,
    ends timestamptz)
returns date
language sql stable
return (
    select d.day
    from unnest(array[(starts at time zone zone)::date, (ends at time zone zone)::date]) d(day)
    where extract(isodow from d.day)::integer = any ((hours).weekdays)
        and d.day between (hours).first_day and coalesce(until_day, 'infinity')
        and (d.day + (hours).from_time) at time zone zone < ends and (d.day + (hours).until_time) at time zone zone > starts
    order by d.day
    limit 1);

-- The hours that close a prison in an interval, and on which day.
create function scheduling.closed_hours_at(prison uuid, starts timestamptz, ends timestamptz)
returns table (hours scheduling.closed_hours, day date)
language sql stable
begin atomic
    select touched.hours, touched.day
    from (
        select h as hours,
            scheduling.touched_day(h, least(h.last_day, h.ended_day), z.time_zone, starts, ends) as day
        from scheduling.closed_hours h
        join enrollment.prison z on z.id = h.prison_id
        where h.prison_id = prison
    ) touched
    where touched.day is not null;
end;

create function scheduling.in_closed_hours(prison uuid, starts timestamptz, ends timestamptz) returns boolean
language sql stable
return exists (select from scheduling.closed_hours_at(prison, starts, ends));

-- As in 0042, and closed hours bind every policy too.
create or replace function scheduling.shut(prison uuid, policy text, local_start timestamp, from_time timestamptz,
    until_time timestamptz)
returns text
language sql stable
return case
    when exists (select from scheduling.closure c
        where c.prison_id = prison and c.starts_at < until_time and c.ends_at > from_time) then 'CLOSURE'
    when scheduling.in_closed_hours(prison, from_time, until_time) then 'CLOSURE'
    when policy <> 'KEEP' and exists (select from scheduling.holiday h where h.day = local_start::date) then 'HOLIDAY'
end;

create or replace function scheduling.planned(of scheduling.series, zone text, days date[])
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
                when exists (select from scheduling.closed_hours h where h.prison_id = (of).prison_id
                        and coalesce(least(h.last_day, h.ended_day), 'infinity') >= context.now()::date - 1)
                    and scheduling.in_closed_hours((of).prison_id, plan.starts_at,
                        plan.starts_at + make_interval(mins => (of).duration_minutes)) then 'CLOSURE'
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

create function scheduling.closed_hours_written() returns trigger
language plpgsql
as $$
begin
    perform scheduling.displace(array(
        select s.id
        from scheduling.session s
        join enrollment.prison z on z.id = s.prison_id
        where s.prison_id = new.prison_id and s.starts_at > context.now() and s.status = 'SCHEDULED'
            and scheduling.touched_day(new, new.last_day, z.time_zone, s.starts_at, s.ends_at) is not null), 'CLOSURE', new.name);
    return null;
end
$$;
create trigger closed_hours_take_effect after insert on scheduling.closed_hours
for each row execute function scheduling.closed_hours_written();

-- As in 0101, and what closed hours cancelled that were ended earlier.
create or replace function scheduling.reopened(session scheduling.session) returns boolean
language sql stable
return (session).cancel_reason = 'CLOSURE'
    and (exists (select from scheduling.closure_withdrawal w where w.prison_id = (session).prison_id
            and w.starts_at < (session).ends_at and w.ends_at > (session).starts_at)
        or exists (select from scheduling.closed_hours h join enrollment.prison z on z.id = h.prison_id
            where h.prison_id = (session).prison_id and h.ended_day is not null
                and scheduling.touched_day(h, h.last_day, z.time_zone, (session).starts_at, (session).ends_at) is not null))
    and not exists (select from scheduling.closure c where c.prison_id = (session).prison_id
        and c.starts_at < (session).ends_at and c.ends_at > (session).starts_at)
    and not scheduling.in_closed_hours((session).prison_id, (session).starts_at, (session).ends_at);

-- Lets cancelled sessions of a prison take place again, those first that come first; kept are those whose people or place
-- are taken by now.
create function scheduling.restore(prison uuid, sessions uuid[], out restored_count integer, out kept_count integer)
language plpgsql
as $$
declare
    one uuid;
begin
    restored_count := 0;
    kept_count := 0;
    perform scheduling.lock(
        array(select s.room_id from scheduling.session s where s.id = any (sessions)),
        array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = any (sessions)),
        array(select p.participant_id from scheduling.session_participant p where p.session_id = any (sessions)));
    foreach one in array sessions loop
        begin
            -- Whose case has ended meanwhile isn't expected any more.
            delete from scheduling.session_participant p
            where p.session_id = one and not exists (select from scheduling.active_case(p.enrollment_id, prison));
            update scheduling.session s set status = 'SCHEDULED', cancel_reason = null, cancel_note = null where s.id = one;
            restored_count := restored_count + 1;
        exception when exclusion_violation then
            kept_count := kept_count + 1;
        end;
    end loop;
end
$$;

-- As in 0101, by restore().
create or replace function scheduling.withdraw_closure(closure uuid) returns setof scheduling.closure_withdrawal
language plpgsql
as $$
declare
    gone scheduling.closure;
begin
    delete from scheduling.closure c where c.id = withdraw_closure.closure returning c.* into gone;
    if found then
        insert into scheduling.closure_withdrawal (closure_id, prison_id, kind, starts_at, ends_at, note, created_at, created_by)
        values (gone.id, gone.prison_id, gone.kind, gone.starts_at, gone.ends_at, gone.note, gone.created_at, gone.created_by);
        update scheduling.closure_withdrawal w set restored_count = r.restored_count, kept_count = r.kept_count
        from scheduling.restore(gone.prison_id, array(
            select s.id from scheduling.session s
            where s.prison_id = gone.prison_id and s.starts_at < gone.ends_at and s.ends_at > gone.starts_at
                and s.starts_at > context.now() and s.status = 'CANCELLED' and scheduling.reopened(s)
            order by s.starts_at, s.id)) r
        where w.closure_id = gone.id;
    end if;
    return query select w.* from scheduling.closure_withdrawal w where w.closure_id = withdraw_closure.closure;
end
$$;

-- Ends hours with a day, which may be before their first. Over by then already changes nothing.
create function scheduling.end_closed_hours(closed_hours uuid, last_day date)
returns table (restored_count integer, kept_count integer)
language plpgsql
as $$
declare
    ended scheduling.closed_hours;
begin
    if last_day is null then
        raise exception 'no last day' using errcode = 'not_null_violation', column = 'last_day';
    end if;
    update scheduling.closed_hours h set ended_day = least(h.ended_day, end_closed_hours.last_day)
    where h.id = end_closed_hours.closed_hours
        and end_closed_hours.last_day < coalesce(least(h.last_day, h.ended_day), 'infinity');
    select h.* into ended from scheduling.closed_hours h where h.id = end_closed_hours.closed_hours;
    if not found then
        return;
    end if;
    return query
    select r.* from scheduling.restore(ended.prison_id, array(
        select s.id
        from scheduling.session s
        join enrollment.prison z on z.id = s.prison_id
        where s.prison_id = ended.prison_id and s.starts_at > context.now() and s.status = 'CANCELLED'
            and scheduling.touched_day(ended, ended.last_day, z.time_zone, s.starts_at, s.ends_at) is not null
            and scheduling.reopened(s)
        order by s.starts_at, s.id)) r;
end
$$;
