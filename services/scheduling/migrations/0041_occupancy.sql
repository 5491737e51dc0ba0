-- Never double-booked. Every write of a session, or of who is in it, ends in a trigger that
--   1. takes advisory locks on the buckets of its rooms, counsellors or participants, in order: whoever books the same
--      waits here, and nobody waits in a ring;
--   2. then, with the snapshot of a new command, looks once down a b-tree (resource, starts_at): of two that overlap, one
--      finds the other as the latest that starts before its own end.
-- Exclusion constraints promise the same at five times the price, and deadlock. This needs READ COMMITTED, and says so.
-- The triggers plan for many rows whatever the statistics say: without seq scans and merge joins, index probes are left.

-- What a counsellor needs between two prisons; the pair is kept once, in the order of the ids.
create table scheduling.travel_time (
    one_prison_id uuid not null,
    other_prison_id uuid not null,
    minutes integer not null,
    constraint travel_time_pkey primary key (one_prison_id, other_prison_id),
    constraint travel_time_from_a_known_prison foreign key (one_prison_id) references enrollment.prison (id),
    constraint travel_time_to_a_known_prison foreign key (other_prison_id) references enrollment.prison (id),
    constraint travel_time_is_of_two_prisons check (one_prison_id < other_prison_id),
    constraint travel_time_is_sensible check (minutes between 0 and 2880)
);

-- One row.
create table scheduling.setting (
    one_row boolean not null default true,
    -- Between two prisons that have no travel_time.
    travel_minutes integer not null default 120,
    constraint setting_pkey primary key (one_row),
    constraint setting_is_one_row check (one_row),
    constraint setting_travel_is_sensible check (travel_minutes between 0 and 2880)
);
insert into scheduling.setting default values;
grant select, insert, update on scheduling.travel_time, scheduling.setting to pulih_scheduling;

create function scheduling.travel(here uuid, there uuid) returns interval
language sql stable strict
return make_interval(mins => coalesce(
    (select t.minutes from scheduling.travel_time t
        where t.one_prison_id = least(here, there) and t.other_prison_id = greatest(here, there)),
    (select s.travel_minutes from scheduling.setting s where s.one_row)));

-- Called by what books several kinds at once, before it does: the triggers' own locks are then held already, whatever
-- order its statements take.
create function scheduling.lock(rooms uuid[], counsellors uuid[], participants uuid[]) returns void
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(wanted.kind, wanted.bucket)
    from (
        select 40101 as kind, uuid_hash(id) & 1023 as bucket from unnest(rooms) id
        union
        select 40102, uuid_hash(id) & 1023 from unnest(counsellors) id
        union
        select 40103, uuid_hash(id) & 1023 from unnest(participants) id
        order by kind, bucket
    ) wanted;
end
$$;

create function scheduling.require_read_committed() returns void
language plpgsql
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'booking needs read committed' using errcode = 'invalid_transaction_state';
    end if;
end
$$;

-- Raises `promise` with who, where and when. A prison doesn't learn what happens in another: it reads back its own time.
create function scheduling.refuse(promise text, who text, own uuid, other uuid) returns void
language plpgsql
as $$
declare
    told record;
begin
    select z.name as prison, z.room, z.starts_at, z.ends_at, z.zone into strict told
    from (
        select p.name, r.name as room, s.starts_at at time zone p.time_zone as starts_at,
            s.ends_at at time zone p.time_zone as ends_at, t.short_name as zone, s.id, s.prison_id
        from scheduling.session s
        join scheduling.room r on r.id = s.room_id
        join enrollment.prison p on p.id = s.prison_id
        join enrollment.time_zone t on t.name = p.time_zone
        where s.id in (own, other)
    ) z
    order by z.id = other and (context.every_prison() or z.prison_id = context.prison_id()) desc
    limit 1;
    raise exception '%: %', promise, other using errcode = 'exclusion_violation', schema = 'scheduling',
        constraint = promise, detail = jsonb_build_object(
            'who', who,
            'where', case when context.every_prison() or exists (
                    select from scheduling.session s where s.id = other and s.prison_id = context.prison_id())
                then told.prison || ', ' || told.room else 'lapas lain' end,
            'when', to_char(told.starts_at, 'YYYY-MM-DD HH24:MI') || to_char(told.ends_at, '–HH24:MI ') || told.zone);
end
$$;

-- A version is one transaction's change. What has begun or was cancelled stays as it was.
create function scheduling.version_session() returns trigger
language plpgsql
as $$
begin
    if (new.prison_id, new.series_day, new.component, new.room_id, new.starts_at, new.ends_at, new.status) is not distinct from
        (old.prison_id, old.series_day, old.component, old.room_id, old.starts_at, old.ends_at, old.status)
        and new.changed_in = old.changed_in then
        return new;
    end if;
    if old.starts_at <= context.now() or new.starts_at <= context.now() then
        raise exception 'session_past_never_changes' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_past_never_changes';
    end if;
    if old.status = 'CANCELLED' then
        raise exception 'session_cancelled_stays_cancelled' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_cancelled_stays_cancelled';
    end if;
    if old.changed_in <> pg_current_xact_id() then
        new.version := old.version + 1;
        new.changed_in := pg_current_xact_id();
    end if;
    return new;
end
$$;
create trigger session_is_versioned before update on scheduling.session
for each row execute function scheduling.version_session();

create function scheduling.session_written() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_mergejoin = off
as $$
declare
    moved boolean := true;
    clash record;
begin
    if tg_op = 'UPDATE' then
        moved := exists (select from written w join before b on b.id = w.id
            where (w.prison_id, w.room_id, w.starts_at, w.ends_at, w.status) is distinct from
                (b.prison_id, b.room_id, b.starts_at, b.ends_at, b.status));
    end if;
    if moved then
        perform scheduling.require_read_committed();
        perform pg_advisory_xact_lock(40101, bucket)
        from (select distinct uuid_hash(w.room_id) & 1023 as bucket from written w where w.status = 'SCHEDULED'
            order by bucket) wanted;
        select w.id, w.room_id, o.id as other into clash
        from written w
        cross join lateral (
            select o.id, o.ends_at
            from scheduling.session o
            where o.room_id = w.room_id and o.starts_at < w.ends_at and o.status = 'SCHEDULED' and o.id <> w.id
            order by o.starts_at desc
            limit 1
        ) o
        where w.status = 'SCHEDULED' and o.ends_at > w.starts_at
        limit 1;
        if found then
            perform scheduling.refuse('session_room_no_overlap',
                (select r.name from scheduling.room r where r.id = clash.room_id), clash.id, clash.other);
        end if;
    end if;
    if tg_op = 'INSERT' then
        perform event.emit_many('scheduling.session_' || lower(w.status), array_agg(w.prison_id), array_agg(w.id),
            array_agg(w.version))
        from written w
        group by w.status;
        return null;
    end if;
    if moved then
        update scheduling.session_counsellor c
        set prison_id = w.prison_id, starts_at = w.starts_at, ends_at = w.ends_at, occupies = w.status = 'SCHEDULED'
        from written w
        where c.session_id = w.id;
        update scheduling.session_participant p
        set prison_id = w.prison_id, starts_at = w.starts_at, ends_at = w.ends_at, occupies = w.status = 'SCHEDULED'
        from written w
        where p.session_id = w.id;
    end if;
    perform event.emit_many(told.type, array_agg(told.prison_id), array_agg(told.id), array_agg(told.version))
    from (
        select w.id, w.prison_id, w.version, case when w.status = b.status then 'scheduling.session_changed'
            else 'scheduling.session_cancelled' end as type
        from written w join before b on b.id = w.id
        where w.version > b.version or w.status <> b.status
    ) told
    group by told.type;
    return null;
end
$$;
create trigger session_is_free after insert on scheduling.session
referencing new table as written
for each statement execute function scheduling.session_written();
create trigger session_is_still_free after update on scheduling.session
referencing old table as before new table as written
for each statement execute function scheduling.session_written();

-- Both neighbours are looked at: between two prisons there must be time to travel.
create function scheduling.session_counsellor_written() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_mergejoin = off
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
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED') as astray
    into clash
    from written w
    left join scheduling.session s on s.id = w.session_id
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
    limit 1;
    if not found then
        return null;
    end if;
    if clash.astray then
        raise exception 'session_counsellor of % isn''t where its session is', clash.session_id
            using errcode = 'check_violation';
    end if;
    perform scheduling.refuse(
        case when clash.overlaps then 'session_counsellor_no_overlap' else 'session_counsellor_has_time_to_travel' end,
        (select p.name from identity.staff_published p where p.id = clash.counsellor_id), clash.session_id,
        case when clash.late_from_before then clash.before else clash.after end);
    return null;
end
$$;
create trigger session_counsellor_is_free after insert on scheduling.session_counsellor
referencing new table as written
for each statement execute function scheduling.session_counsellor_written();
create trigger session_counsellor_is_still_free after update on scheduling.session_counsellor
referencing new table as written
for each statement execute function scheduling.session_counsellor_written();

-- Each must be there by a running case of theirs at that prison. Read behind the lock: who ends a case takes its
-- participant off sessions behind the same lock (apply_enrollment), so neither can miss the other.
create function scheduling.session_participant_written() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_mergejoin = off
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
    left join enrollment.enrollment e on e.id = w.enrollment_id
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
        or (w.occupies and (e.participant_id, e.prison_id, e.status) is distinct from
            (w.participant_id, w.prison_id, 'ACTIVE'))
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
create trigger session_participant_is_free after insert on scheduling.session_participant
referencing new table as written
for each statement execute function scheduling.session_participant_written();
create trigger session_participant_is_still_free after update on scheduling.session_participant
referencing new table as written
for each statement execute function scheduling.session_participant_written();

-- Whoever holds a session is part of it: other counsellors, another version.
create function scheduling.session_counsellors_changed() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
begin
    if exists (select from written w join scheduling.session s on s.id = w.session_id
            where s.changed_in <> pg_current_xact_id()) then
        update scheduling.session s set changed_in = pg_current_xact_id()
        where s.id in (select w.session_id from written w) and s.changed_in <> pg_current_xact_id();
    end if;
    return null;
end
$$;
create trigger session_counsellor_is_told after insert on scheduling.session_counsellor
referencing new table as written
for each statement execute function scheduling.session_counsellors_changed();
create trigger session_counsellor_gone_is_told after delete on scheduling.session_counsellor
referencing old table as written
for each statement execute function scheduling.session_counsellors_changed();

-- Participants come and go without a new version; but who was expected in what has begun stays so.
create function scheduling.session_participants_changed() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
begin
    if exists (select from written w join scheduling.session s on s.id = w.session_id
            where s.starts_at <= context.now() and s.changed_in <> pg_current_xact_id()) then
        raise exception 'session_past_never_changes' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'session_past_never_changes';
    end if;
    return null;
end
$$;
create trigger session_participant_is_in_time after insert on scheduling.session_participant
referencing new table as written
for each statement execute function scheduling.session_participants_changed();
create trigger session_participant_leaves_in_time after delete on scheduling.session_participant
referencing old table as written
for each statement execute function scheduling.session_participants_changed();

create function scheduling.refuse_deletion() returns trigger
language plpgsql
as $$
begin
    raise exception 'sessions are cancelled, not deleted' using errcode = 'check_violation';
end
$$;
create trigger session_is_never_deleted before delete or truncate on scheduling.session
for each statement execute function scheduling.refuse_deletion();
