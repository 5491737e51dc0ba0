-- What a run of bench_materialise.py is made of: series without a clash, and the plain inserts they are measured against.
create schema bench;
grant usage on schema bench to pulih_scheduling;

create table bench.series (n integer primary key, id uuid not null, days date[] not null);
grant select on bench.series to pulih_scheduling;

-- `series` weekly series, 30 to a counsellor and a room (six hours on each of five days), each with a group of its own.
create procedure bench.seed(series integer, group_size integer)
language plpgsql as $$
declare
    monday date := date_trunc('week', context.now() at time zone 'Asia/Jakarta')::date + 7;
begin
    insert into enrollment.prison (id, code, name, time_zone)
    values (md5('prison')::uuid, 'LP-BENCH', 'Lapas', 'Asia/Jakarta');
    insert into identity.person (id, name, email) select md5('counsellor' || i)::uuid, 'K', i || '@example.org' from generate_series(0, series / 30) i;
    insert into scheduling.room (id, prison_id, name)
    select md5('room' || i)::uuid, md5('prison')::uuid, 'R' || i from generate_series(0, series / 30) i;
    insert into enrollment.participant (id, prison_id, register_number, name)
    select md5('participant' || i)::uuid, md5('prison')::uuid, 'B' || i, 'P' from generate_series(1, series * group_size) i;
    insert into enrollment.programme (id, code, name) values (md5('programme')::uuid, 'BENCH', 'Bench');
    insert into enrollment.enrollment (id, prison_id, participant_id, programme_id, programme_edition, agreement_id,
        counsellor_id, status, previous_status, screening_route)
    select md5('case' || i)::uuid, md5('prison')::uuid, md5('participant' || i)::uuid, md5('programme')::uuid, 1,
        md5('agreement')::uuid, md5('counsellor0')::uuid, 'ACTIVE', 'WAITLISTED', 'FULL_ASSESSMENT'
    from generate_series(1, series * group_size) i;
    insert into bench.series (n, id, days)
    select i, md5('series' || i)::uuid, array(select monday + i % 5 + 7 * w from generate_series(0, 7) w)
    from generate_series(1, series) i;
    insert into scheduling.series (id, prison_id, component, room_id, local_start, duration_minutes, rrule, holiday_policy,
        first_day, materialised_until)
    select md5('series' || i)::uuid, md5('prison')::uuid, 'GROUP_COUNSELLING', md5('room' || i / 30)::uuid,
        monday + i % 5 + make_interval(hours => 8 + i / 5 % 6), 60, 'FREQ=WEEKLY', 'KEEP', monday, monday - 1
    from generate_series(1, series) i;
    insert into scheduling.series_counsellor (series_id, counsellor_id, prison_id)
    select md5('series' || i)::uuid, md5('counsellor' || i / 30)::uuid, md5('prison')::uuid from generate_series(1, series) i;
    insert into scheduling.series_participant (series_id, participant_id, enrollment_id, prison_id)
    select md5('series' || i)::uuid, md5('participant' || p)::uuid, md5('case' || p)::uuid, md5('prison')::uuid
    from generate_series(1, series) i, generate_series((i - 1) * group_size + 1, i * group_size) p;
end $$;

-- Series `first` to `last`, a transaction for each `batch`: their ids, and of each day whose it is, as the job is given them.
create function bench.batches(first integer, last integer, batch integer)
returns table (series uuid[], of_series integer[], days date[])
language sql
begin atomic
    select array_agg(s.id order by s.n) filter (where d.nth = 1), array_agg((s.n - first) % batch + 1 order by s.n, d.nth),
        array_agg(d.day order by s.n, d.nth)
    from bench.series s
    cross join unnest(s.days) with ordinality d(day, nth)
    where s.n between first and last
    group by (s.n - first) / batch
    order by 1;
end;

-- As the nightly job. `tell` writes the events that the triggers would have.
create procedure bench.materialise(first integer, last integer, batch integer, tell boolean)
language plpgsql as $$
declare
    one record;
begin
    for one in select * from bench.batches(first, last, batch) loop
        perform scheduling.materialise(one.series, one.of_series, one.days, false);
        if tell then
            insert into event.log (producer, type, prison_id, subject_id, version)
            select 'scheduling', 'scheduling.session_scheduled', s.prison_id, s.id, s.version
            from unnest(one.of_series, one.days) d(nth, day)
            join scheduling.session s on s.series_id = one.series[d.nth] and s.series_day = d.day
                and s.cancel_reason is distinct from 'SERIES_CHANGED';
        end if;
        commit;
    end loop;
end $$;

-- The same job without its rules: no foreign keys, checks, triggers and row-level security.
create procedure bench.strip()
language plpgsql as $$
declare
    one record;
begin
    for one in select c.conrelid::regclass as of, c.conname as name from pg_constraint c
            where c.conrelid::regclass::text like 'scheduling.session%' and c.contype in ('f', 'c') loop
        execute format('alter table %s drop constraint %I', one.of, one.name);
    end loop;
    for one in select t.tgrelid::regclass as of, t.tgname as name from pg_trigger t
            where t.tgrelid::regclass::text like 'scheduling.session%' and not t.tgisinternal loop
        execute format('drop trigger %I on %s', one.name, one.of);
    end loop;
    for one in select c.oid::regclass as of from pg_class c
            where c.relnamespace = 'scheduling'::regnamespace and c.relrowsecurity loop
        execute format('alter table %s disable row level security', one.of);
    end loop;
end $$;

-- The bare inserts of the same rows: the same columns and b-trees, nothing else.
create table bench.session (like scheduling.session including defaults including indexes);
create table bench.session_counsellor (like scheduling.session_counsellor including indexes);
create table bench.session_participant (like scheduling.session_participant including indexes);
create table bench.log (transaction xid8 not null default pg_current_xact_id(), id bigint generated always as identity,
    occurred_at timestamptz not null default context.now(), producer text not null, type text not null, prison_id uuid,
    subject_id uuid not null, version integer not null, actor_id uuid);
create index on bench.log (producer, transaction, id);

create procedure bench.insert_plainly(first integer, last integer, batch integer)
language plpgsql as $$
declare
    one record;
    ids uuid[];
begin
    for one in select * from bench.batches(first, last, batch) loop
        ids := array(select scheduling.uuid7() from unnest(one.days));
        insert into bench.session (id, prison_id, series_id, series_day, component, room_id, starts_at, ends_at)
        select d.id, s.prison_id, s.id, d.day, s.component, s.room_id, (d.day + s.local_start::time) at time zone 'Asia/Jakarta',
            (d.day + s.local_start::time) at time zone 'Asia/Jakarta' + make_interval(mins => s.duration_minutes)
        from unnest(ids, one.of_series, one.days) d(id, nth, day)
        join scheduling.series s on s.id = one.series[d.nth];
        insert into bench.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
        select s.id, c.counsellor_id, c.prison_id, s.starts_at, s.ends_at, true
        from bench.session s join scheduling.series_counsellor c on c.series_id = s.series_id
        where s.id = any (ids);
        insert into bench.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
        select s.id, p.participant_id, p.enrollment_id, p.prison_id, s.starts_at, s.ends_at, true
        from bench.session s join scheduling.series_participant p on p.series_id = s.series_id
        where s.id = any (ids);
        insert into bench.log (producer, type, prison_id, subject_id, version)
        select 'scheduling', 'scheduling.session_scheduled', md5('prison')::uuid, d.id, 1 from unnest(ids) d(id);
        commit;
    end loop;
end $$;
