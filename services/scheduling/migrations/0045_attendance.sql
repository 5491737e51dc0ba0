-- Attendance: not before the session starts, free to correct for 7 days after it, later only by a correction that a
-- second person countersigned. Every value that ever stood is kept.

create table scheduling.attendance_correction (
    id uuid not null,
    session_id uuid not null,
    participant_id uuid not null,
    prison_id uuid not null,
    mark text not null,
    remark text not null default '',
    -- Why it comes so late.
    reason text not null,
    requested_by uuid not null default context.user_id(),
    requested_at timestamptz not null default context.now(),
    countersigned_by uuid,
    countersigned_at timestamptz,
    constraint attendance_correction_pkey primary key (id),
    constraint attendance_correction_of_who_was_expected foreign key (session_id, participant_id)
        references scheduling.session_participant (session_id, participant_id),
    constraint attendance_correction_mark_is_known check (mark in
        ('ATTENDED', 'LATE', 'SICK', 'REFUSED', 'NOT_ESCORTED', 'CLASH', 'EXCUSED', 'SESSION_CANCELLED')),
    constraint attendance_correction_remark_fits check (length(remark) <= 500),
    constraint attendance_correction_has_a_reason check (length(reason) between 1 and 500),
    constraint attendance_correction_is_countersigned_by_another check (countersigned_by <> requested_by),
    constraint attendance_correction_countersign_is_whole
        check ((countersigned_by is null) = (countersigned_at is null))
);
create index attendance_correction_waiting on scheduling.attendance_correction (prison_id, requested_at)
    where countersigned_at is null;
alter table scheduling.attendance
    add constraint attendance_has_its_correction foreign key (correction_id) references scheduling.attendance_correction (id);

-- Append-only.
create table scheduling.attendance_entry (
    session_id uuid not null,
    participant_id uuid not null,
    version integer not null,
    prison_id uuid not null,
    mark text not null,
    remark text not null,
    recorded_at timestamptz not null,
    recorded_by uuid,
    correction_id uuid,
    constraint attendance_entry_pkey primary key (session_id, participant_id, version),
    constraint attendance_entry_of_attendance foreign key (session_id, participant_id)
        references scheduling.attendance (session_id, participant_id)
);

do $$
declare
    name text;
begin
    foreach name in array array['attendance_correction', 'attendance_entry'] loop
        execute format('alter table scheduling.%I enable row level security', name);
        execute format('alter table scheduling.%I force row level security', name);
        execute format('create policy prison_scope on scheduling.%I
            using ((select context.every_prison()) or prison_id = (select context.prison_id()))', name);
    end loop;
end
$$;
grant select, insert on scheduling.attendance_correction to pulih_scheduling;
grant update (countersigned_by, countersigned_at) on scheduling.attendance_correction to pulih_scheduling;
grant select on scheduling.attendance_entry to pulih_scheduling;

create function scheduling.check_attendance() returns trigger
language plpgsql
as $$
declare
    session scheduling.session;
    broken text;
begin
    if tg_op = 'UPDATE' and (new.mark, new.remark) is not distinct from (old.mark, old.remark) then
        return null;
    end if;
    select s.* into strict session from scheduling.session s where s.id = new.session_id;
    broken := case
        when context.now() < session.starts_at and new.mark <> 'SESSION_CANCELLED' then 'attendance_not_before_the_session'
        when session.status = 'CANCELLED' and new.mark <> 'SESSION_CANCELLED' then 'attendance_session_took_place'
        when tg_op = 'UPDATE' and context.now() >= session.ends_at + interval '7 days' and not exists (
            select from scheduling.attendance_correction c
            where c.id = new.correction_id and c.id is distinct from old.correction_id and c.countersigned_at is not null
                and (c.session_id, c.participant_id, c.mark, c.remark)
                    = (new.session_id, new.participant_id, new.mark, new.remark))
            then 'attendance_late_correction_is_countersigned'
    end;
    if broken is not null then
        raise exception '%', broken using errcode = 'check_violation', schema = 'scheduling', constraint = broken;
    end if;
    new.prison_id := session.prison_id;
    new.recorded_at := context.now();
    new.recorded_by := context.user_id();
    new.version := case tg_op when 'INSERT' then 1 else old.version + 1 end;
    return new;
end
$$;
create trigger attendance_is_allowed before insert or update on scheduling.attendance
for each row execute function scheduling.check_attendance();

create function scheduling.attendance_written() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into scheduling.attendance_entry (session_id, participant_id, version, prison_id, mark, remark, recorded_at,
        recorded_by, correction_id)
    select w.session_id, w.participant_id, w.version, w.prison_id, w.mark, w.remark, w.recorded_at, w.recorded_by,
        w.correction_id
    from written w;
    perform event.emit('scheduling.attendance_recorded', s.prison_id, s.id, s.version)
    from scheduling.session s where s.id in (select w.session_id from written w);
    return null;
end
$$;
create trigger attendance_is_kept after insert on scheduling.attendance
referencing new table as written
for each statement execute function scheduling.attendance_written();
create trigger attendance_change_is_kept after update on scheduling.attendance
referencing new table as written
for each statement execute function scheduling.attendance_written();

-- Marks of a whole session, [{participant_id, mark, remark}]; the same marks again change nothing. Gives them all.
create function scheduling.record_attendance(session uuid, marks jsonb) returns setof scheduling.attendance
language plpgsql
as $$
begin
    if not exists (select from scheduling.session s where s.id = record_attendance.session) then
        raise exception 'no such session' using errcode = 'no_data_found';
    end if;
    insert into scheduling.attendance (session_id, participant_id, prison_id, mark, remark)
    select s.id, (m ->> 'participant_id')::uuid, s.prison_id, replace(m ->> 'mark', 'ATTENDANCE_MARK_', ''), coalesce(m ->> 'remark', '')
    from jsonb_array_elements(marks) m
    join scheduling.session s on s.id = record_attendance.session
    order by 2
    on conflict (session_id, participant_id) do update set mark = excluded.mark, remark = excluded.remark;
    return query select a.* from scheduling.attendance a where a.session_id = record_attendance.session
    order by a.participant_id;
end
$$;

-- Signs a correction and puts it into effect, once.
create function scheduling.countersign(correction uuid) returns setof scheduling.attendance_correction
language plpgsql
as $$
declare
    signed scheduling.attendance_correction;
begin
    update scheduling.attendance_correction c
    set countersigned_by = context.user_id(), countersigned_at = context.now()
    where c.id = correction and c.countersigned_at is null
    returning c.* into signed;
    if found then
        insert into scheduling.attendance (session_id, participant_id, prison_id, mark, remark, correction_id)
        values (signed.session_id, signed.participant_id, signed.prison_id, signed.mark, signed.remark, signed.id)
        on conflict (session_id, participant_id) do update
        set mark = excluded.mark, remark = excluded.remark, correction_id = excluded.correction_id;
    end if;
    return query select c.* from scheduling.attendance_correction c where c.id = correction;
end
$$;
