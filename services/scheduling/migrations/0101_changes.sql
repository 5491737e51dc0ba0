-- What changed, for those who live by the day's list: every change of a session with what stood before, closures that are
-- taken back, and why a mark came late.

-- Append-only. A session outside of any series is a change when it is made.
create table scheduling.session_change (
    session_id uuid not null,
    version integer not null,
    prison_id uuid not null,
    kind text not null,
    was_starts_at timestamptz,
    was_ends_at timestamptz,
    was_room_id uuid,
    changed_at timestamptz not null default context.now(),
    changed_by uuid default context.user_id(),
    constraint session_change_pkey primary key (session_id, version),
    constraint session_change_of_a_session foreign key (session_id) references scheduling.session (id),
    constraint session_change_kind_is_known check (kind in ('ADDED', 'MOVED', 'CANCELLED', 'RESTORED'))
);
create index session_change_by_prison on scheduling.session_change (prison_id, changed_at);

-- A closure that was taken back is no closure any more: it is kept here instead.
create table scheduling.closure_withdrawal (
    closure_id uuid not null,
    prison_id uuid not null,
    kind text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    note text not null,
    created_at timestamptz not null,
    created_by uuid,
    withdrawn_at timestamptz not null default context.now(),
    withdrawn_by uuid default context.user_id(),
    restored_count integer not null default 0,
    kept_count integer not null default 0,
    constraint closure_withdrawal_pkey primary key (closure_id)
);
create index closure_withdrawal_by_prison on scheduling.closure_withdrawal (prison_id, starts_at);

do $$
declare
    name text;
begin
    foreach name in array array['session_change', 'closure_withdrawal'] loop
        execute format('alter table scheduling.%I enable row level security', name);
        execute format('alter table scheduling.%I force row level security', name);
        execute format('create policy prison_scope on scheduling.%I
            using ((select context.every_prison()) or prison_id = (select context.prison_id()))', name);
    end loop;
end
$$;
create policy kept_by_a_trigger on scheduling.session_change to pulih_owner using (true);
grant select on scheduling.session_change to pulih_scheduling;
-- Published: when a session was before a version of it.
create view scheduling.session_change_published with (security_invoker) as
select session_id, version, was_starts_at from scheduling.session_change;
grant select (session_id, version, prison_id, was_starts_at) on scheduling.session_change to pulih_notifications;
grant select on scheduling.session_change_published to pulih_notifications;
grant select, insert, update on scheduling.closure_withdrawal to pulih_scheduling;
grant delete on scheduling.closure to pulih_scheduling;

create function scheduling.keep_session_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        insert into scheduling.session_change (session_id, version, prison_id, kind)
        values (new.id, new.version, new.prison_id, 'ADDED');
    else
        -- The first of one transaction's changes says what stood before.
        insert into scheduling.session_change (session_id, version, prison_id, kind, was_starts_at, was_ends_at, was_room_id)
        values (new.id, new.version, new.prison_id,
            case when new.status = old.status then 'MOVED' when new.status = 'CANCELLED' then 'CANCELLED' else 'RESTORED' end,
            old.starts_at, old.ends_at, old.room_id)
        on conflict (session_id, version) do update
        set kind = case when excluded.kind = 'MOVED' then scheduling.session_change.kind else excluded.kind end;
    end if;
    return null;
end
$$;
create trigger session_addition_is_kept after insert on scheduling.session
for each row when (new.series_id is null and new.status = 'SCHEDULED') execute function scheduling.keep_session_change();
create trigger session_change_is_kept after update on scheduling.session
for each row when ((new.starts_at, new.ends_at, new.room_id, new.status)
    is distinct from (old.starts_at, old.ends_at, old.room_id, old.status))
execute function scheduling.keep_session_change();

-- Cancelled by a closure that was taken back, and by no other that still stands.
create function scheduling.reopened(session scheduling.session) returns boolean
language sql stable
return (session).cancel_reason = 'CLOSURE'
    and exists (select from scheduling.closure_withdrawal w where w.prison_id = (session).prison_id
        and w.starts_at < (session).ends_at and w.ends_at > (session).starts_at)
    and not exists (select from scheduling.closure c where c.prison_id = (session).prison_id
        and c.starts_at < (session).ends_at and c.ends_at > (session).starts_at);

-- As in 0041, but what a closure cancelled comes back when the closure is taken back.
create or replace function scheduling.version_session() returns trigger
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
    if old.status = 'CANCELLED' and not (new.status = 'SCHEDULED' and scheduling.reopened(old)) then
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

-- As in 0041, but a session that comes back has changed: people who were told of its end are told.
create or replace function scheduling.session_written() returns trigger
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
        select w.id, w.prison_id, w.version, case when w.status = 'CANCELLED' and b.status <> 'CANCELLED' then 'scheduling.session_cancelled'
            else 'scheduling.session_changed' end as type
        from written w join before b on b.id = w.id
        where w.version > b.version or w.status <> b.status
    ) told
    group by told.type;
    return null;
end
$$;

-- Takes a closure back: its sessions that are still to come take place again where nothing else has taken their place.
-- Those that a series had moved stay where they are. Taken back already changes nothing.
create function scheduling.withdraw_closure(closure uuid) returns setof scheduling.closure_withdrawal
language plpgsql
as $$
declare
    gone scheduling.closure;
    sessions uuid[];
    one uuid;
    restored integer := 0;
    kept integer := 0;
begin
    delete from scheduling.closure c where c.id = withdraw_closure.closure returning c.* into gone;
    if found then
        insert into scheduling.closure_withdrawal (closure_id, prison_id, kind, starts_at, ends_at, note, created_at, created_by)
        values (gone.id, gone.prison_id, gone.kind, gone.starts_at, gone.ends_at, gone.note, gone.created_at, gone.created_by);
        sessions := array(
            select s.id from scheduling.session s
            where s.prison_id = gone.prison_id and s.starts_at < gone.ends_at and s.ends_at > gone.starts_at
                and s.starts_at > context.now() and s.status = 'CANCELLED' and scheduling.reopened(s)
            order by s.starts_at, s.id);
        perform scheduling.lock(
            array(select s.room_id from scheduling.session s where s.id = any (sessions)),
            array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = any (sessions)),
            array(select p.participant_id from scheduling.session_participant p where p.session_id = any (sessions)));
        foreach one in array sessions loop
            begin
                -- Whose case has ended meanwhile isn't expected any more.
                delete from scheduling.session_participant p
                where p.session_id = one
                    and not exists (select from scheduling.active_case(p.enrollment_id, gone.prison_id));
                update scheduling.session s set status = 'SCHEDULED', cancel_reason = null, cancel_note = null
                where s.id = one;
                restored := restored + 1;
            exception when exclusion_violation then
                kept := kept + 1;
            end;
        end loop;
        update scheduling.closure_withdrawal w set restored_count = restored, kept_count = kept
        where w.closure_id = gone.id;
    end if;
    return query select w.* from scheduling.closure_withdrawal w where w.closure_id = withdraw_closure.closure;
end
$$;

-- A mark that comes after its day says why. Kept with every value that the mark had.
alter table scheduling.attendance add column late_reason text not null default '',
    add constraint attendance_late_reason_fits check (length(late_reason) <= 500);
alter table scheduling.attendance_entry add column late_reason text not null default '';

create or replace function scheduling.attendance_written() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into scheduling.attendance_entry (session_id, participant_id, version, prison_id, mark, remark, recorded_at,
        recorded_by, correction_id, late_reason)
    select w.session_id, w.participant_id, w.version, w.prison_id, w.mark, w.remark, w.recorded_at, w.recorded_by,
        w.correction_id, w.late_reason
    from written w;
    perform event.emit('scheduling.attendance_recorded', s.prison_id, s.id, s.version)
    from scheduling.session s where s.id in (select w.session_id from written w);
    return null;
end
$$;

create function scheduling.record_attendance(session uuid, marks jsonb, late_reason text) returns setof scheduling.attendance
language plpgsql
as $$
begin
    if not exists (select from scheduling.session s where s.id = record_attendance.session) then
        raise exception 'no such session' using errcode = 'no_data_found';
    end if;
    insert into scheduling.attendance (session_id, participant_id, prison_id, mark, remark, late_reason)
    select s.id, (m ->> 'participant_id')::uuid, s.prison_id, replace(m ->> 'mark', 'ATTENDANCE_MARK_', ''),
        coalesce(m ->> 'remark', ''), coalesce(record_attendance.late_reason, '')
    from jsonb_array_elements(marks) m
    join scheduling.session s on s.id = record_attendance.session
    order by 2
    on conflict (session_id, participant_id) do update
    set mark = excluded.mark, remark = excluded.remark, late_reason = excluded.late_reason;
    return query select a.* from scheduling.attendance a where a.session_id = record_attendance.session
    order by a.participant_id;
end
$$;

-- A session in a list of its prison's: who holds it, how many are expected, were there, or lack a mark.
create view scheduling.day_session with (security_invoker) as
select s.id as session_id, s.prison_id, s.component, r.name as room_name, s.starts_at, s.ends_at, s.status, s.cancel_reason,
    s.cancel_note,
    array(select k.name from scheduling.session_counsellor c join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id order by k.name) as counsellor_names,
    n.expected_count, n.present_count, n.unmarked_count
from scheduling.session s
join scheduling.room r on r.id = s.room_id
cross join lateral (
    select count(*)::integer as expected_count, count(*) filter (where a.mark in ('ATTENDED', 'LATE'))::integer as present_count,
        count(*) filter (where a.mark is null)::integer as unmarked_count
    from scheduling.session_participant p
    left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
    where p.session_id = s.id
) n;

-- Whoever is fetched from another block than last week.
create view scheduling.block_move with (security_invoker) as
select w.id as participant_id, w.prison_id, w.register_number, w.name, w.block_before, w.block, w.block_since as since,
    n.starts_at as next_starts_at
from enrollment.participant_published w
cross join lateral (
    select p.starts_at from scheduling.session_participant p
    where p.participant_id = w.id and p.occupies and p.starts_at > context.now()
        and p.starts_at < context.now() + interval '7 days'
    order by p.starts_at
    limit 1
) n
where w.block_since > context.now() - interval '7 days';
grant select on scheduling.day_session, scheduling.block_move to pulih_scheduling;
