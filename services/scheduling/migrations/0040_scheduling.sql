-- Who is where, when: rooms, series, their sessions and the people in them.
create schema scheduling;
grant usage on schema scheduling to public;

create table scheduling.room (
    id uuid not null,
    prison_id uuid not null,
    name text not null,
    -- People at once; 0 is not known.
    capacity integer not null default 0,
    active boolean not null default true,
    version integer not null default 1,
    constraint room_pkey primary key (id),
    -- What a session refers to, so that its room is always in its prison.
    constraint room_of_prison unique (id, prison_id),
    constraint room_is_in_a_known_prison foreign key (prison_id) references enrollment.prison (id),
    constraint room_name_is_unique unique (prison_id, name),
    constraint room_name_is_given check (length(name) between 1 and 100),
    constraint room_capacity_is_sensible check (capacity between 0 and 1000)
);

create function scheduling.keep_version() returns trigger
language plpgsql
as $$
begin
    if (to_jsonb(new) - 'version') = (to_jsonb(old) - 'version') then
        return old;
    end if;
    if new.version <> old.version then
        raise exception 'version % was read, % is current', new.version, old.version
            using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    new.version := old.version + 1;
    return new;
end
$$;
create trigger room_is_versioned before update on scheduling.room
for each row execute function scheduling.keep_version();

create table scheduling.series (
    id uuid not null,
    prison_id uuid not null,
    component text not null,
    room_id uuid not null,
    -- First occurrence in the prison's local time; where RRULE counts from.
    local_start timestamp not null,
    duration_minutes integer not null,
    -- RFC 5545, by the day. Empty: only once.
    rrule text not null default '',
    exception_days date[] not null default '{}',
    -- What happens to a session on a national holiday or while the prison is closed.
    holiday_policy text not null,
    -- Only occurrences from first_day to last_day count: a series that is split keeps its rule's phase and COUNT.
    first_day date not null,
    last_day date,
    -- Sessions exist up to and with this day.
    materialised_until date not null,
    -- The series that this one was split from.
    continues_id uuid,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    created_by uuid default context.user_id(),
    constraint series_pkey primary key (id),
    constraint series_component_is_known check (component in
        ('INDIVIDUAL_COUNSELLING', 'GROUP_COUNSELLING', 'VOCATIONAL', 'MENTAL', 'SPIRITUAL', 'FAMILY')),
    constraint series_room_is_in_its_prison foreign key (room_id, prison_id) references scheduling.room (id, prison_id),
    constraint series_continues_a_series foreign key (continues_id) references scheduling.series (id),
    constraint series_duration_is_sensible check (duration_minutes between 5 and 720),
    constraint series_rrule_fits check (length(rrule) <= 500),
    constraint series_exception_days_fit check (cardinality(exception_days) <= 366),
    constraint series_holiday_policy_is_known check (holiday_policy in ('CANCEL', 'MOVE', 'KEEP'))
);
create index series_by_prison on scheduling.series (prison_id, id);

create table scheduling.series_counsellor (
    series_id uuid not null,
    counsellor_id uuid not null,
    prison_id uuid not null,
    constraint series_counsellor_pkey primary key (series_id, counsellor_id),
    constraint series_counsellor_has_a_series foreign key (series_id) references scheduling.series (id),
    constraint series_counsellor_is_known foreign key (counsellor_id) references identity.person (id)
);

create table scheduling.series_participant (
    series_id uuid not null,
    participant_id uuid not null,
    enrollment_id uuid not null,
    prison_id uuid not null,
    constraint series_participant_pkey primary key (series_id, participant_id),
    constraint series_participant_has_a_series foreign key (series_id) references scheduling.series (id),
    constraint series_participant_is_known foreign key (participant_id) references enrollment.participant (id),
    constraint series_participant_has_a_case foreign key (enrollment_id) references enrollment.enrollment (id)
);
create index series_participant_by_participant on scheduling.series_participant (participant_id);

create table scheduling.session (
    id uuid not null,
    prison_id uuid not null,
    series_id uuid,
    -- The day its series meant it for, wherever it was moved.
    series_day date,
    component text not null,
    room_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null default 'SCHEDULED',
    -- Why it doesn't take place, for programs; words of whoever cancelled it beside it.
    cancel_reason text,
    cancel_note text,
    -- The missed session that this one makes up for.
    makes_up_id uuid,
    version integer not null default 1,
    -- The transaction of its latest version: however often one transaction touches it, that is one change.
    changed_in xid8 not null default pg_current_xact_id(),
    constraint session_pkey primary key (id),
    constraint session_has_a_series foreign key (series_id) references scheduling.series (id),
    constraint session_room_is_in_its_prison foreign key (room_id, prison_id) references scheduling.room (id, prison_id),
    constraint session_makes_up_a_session foreign key (makes_up_id) references scheduling.session (id),
    constraint session_day_belongs_to_a_series check ((series_id is null) = (series_day is null)),
    constraint session_component_is_known check (component in
        ('INDIVIDUAL_COUNSELLING', 'GROUP_COUNSELLING', 'VOCATIONAL', 'MENTAL', 'SPIRITUAL', 'FAMILY')),
    constraint session_ends_after_it_starts check (ends_at > starts_at and ends_at <= starts_at + interval '12 hours'),
    constraint session_status_is_known check (status in ('SCHEDULED', 'CANCELLED')),
    constraint session_cancelled_has_a_reason check ((status = 'CANCELLED') = (cancel_reason is not null)),
    constraint session_cancel_reason_is_known check (cancel_reason in ('HOLIDAY', 'CLOSURE', 'SERIES_CHANGED',
        'SERIES_ENDED', 'NO_PARTICIPANT', 'CONFLICT', 'COUNSELLOR_ABSENT', 'OTHER')),
    constraint session_cancel_note_fits check (length(cancel_note) <= 500)
);
-- What makes materialising again harmless. A day that a series gave up may be one of its days again.
create unique index session_is_one_a_series_and_day on scheduling.session (series_id, series_day)
    where cancel_reason is distinct from 'SERIES_CHANGED';
create index session_by_room on scheduling.session (room_id, starts_at);
create index session_by_prison on scheduling.session (prison_id, starts_at);
create index session_by_made_up on scheduling.session (makes_up_id) where makes_up_id is not null;

-- Where and when repeat the session's, so that one b-tree finds a person's neighbouring sessions. Triggers keep them equal,
-- and thereby check that the session is there: a foreign key would ask row by row once more. Sessions are never deleted.
create table scheduling.session_counsellor (
    session_id uuid not null,
    counsellor_id uuid not null,
    prison_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- False when the session is cancelled.
    occupies boolean not null,
    constraint session_counsellor_pkey primary key (session_id, counsellor_id),
    constraint session_counsellor_is_known foreign key (counsellor_id) references identity.person (id)
);
create index session_counsellor_by_time on scheduling.session_counsellor (counsellor_id, starts_at);

create table scheduling.session_participant (
    session_id uuid not null,
    participant_id uuid not null,
    -- Of the participant, at the session's prison: checked by trigger.
    enrollment_id uuid not null,
    prison_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    occupies boolean not null,
    constraint session_participant_pkey primary key (session_id, participant_id),
    constraint session_participant_has_a_case foreign key (enrollment_id) references enrollment.enrollment (id)
);
create index session_participant_by_time on scheduling.session_participant (participant_id, starts_at);

-- Current marks; every earlier one is in attendance_entry. No row is "not recorded", which is not "absent".
create table scheduling.attendance (
    session_id uuid not null,
    participant_id uuid not null,
    prison_id uuid not null,
    mark text not null,
    remark text not null default '',
    recorded_at timestamptz not null default context.now(),
    recorded_by uuid default context.user_id(),
    -- The countersigned correction that set this mark, where one was needed.
    correction_id uuid,
    version integer not null default 1,
    constraint attendance_pkey primary key (session_id, participant_id),
    constraint attendance_is_of_who_was_expected foreign key (session_id, participant_id)
        references scheduling.session_participant (session_id, participant_id),
    constraint attendance_mark_is_known check (mark in
        ('ATTENDED', 'LATE', 'SICK', 'REFUSED', 'NOT_ESCORTED', 'CLASH', 'EXCUSED', 'SESSION_CANCELLED')),
    constraint attendance_remark_fits check (length(remark) <= 500)
);

-- A prison sees itself. The checks that must see every prison are functions of pulih_owner.
do $$
declare
    name text;
begin
    foreach name in array array['room', 'series', 'series_counsellor', 'series_participant', 'session',
        'session_counsellor', 'session_participant', 'attendance'] loop
        execute format('alter table scheduling.%I enable row level security', name);
        execute format('alter table scheduling.%I force row level security', name);
        -- A new row without a prison is left to "not null", which names the field.
        execute format('create policy prison_scope on scheduling.%I
            using (prison_id is null or (select context.every_prison()) or prison_id = (select context.prison_id()))', name);
        execute format('create policy checks_see_every_prison on scheduling.%I for select to pulih_owner using (true)',
            name);
        execute format('grant select, insert, update on scheduling.%I to pulih_scheduling', name);
    end loop;
end
$$;
grant delete on scheduling.series_counsellor, scheduling.series_participant, scheduling.session_counsellor,
    scheduling.session_participant to pulih_scheduling;

-- Published: a session as others see it.
create view scheduling.session_published with (security_invoker) as
select s.id, s.prison_id, s.series_id, s.component, r.name as room_name, s.starts_at, s.ends_at, s.status,
    s.cancel_reason, s.version,
    array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = s.id order by c.counsellor_id)
        as counsellor_ids,
    (select count(*) from scheduling.session_participant p where p.session_id = s.id)::integer as participant_count,
    (select count(*) from scheduling.session_participant p
        where p.session_id = s.id and not exists (select from scheduling.attendance a
            where a.session_id = p.session_id and a.participant_id = p.participant_id))::integer
        as attendance_unmarked_count
from scheduling.session s
join scheduling.room r on r.id = s.room_id;

-- Published: who is expected in it.
create view scheduling.session_participant_published with (security_invoker) as
select p.session_id, p.participant_id, p.enrollment_id, p.prison_id, p.starts_at, p.ends_at, p.occupies, a.mark
from scheduling.session_participant p
left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id;

grant select (id, prison_id, series_id, component, room_id, starts_at, ends_at, status, cancel_reason, version)
    on scheduling.session to pulih_enrollment, pulih_notes, pulih_notifications;
grant select (id, name, prison_id) on scheduling.room to pulih_enrollment, pulih_notes, pulih_notifications;
grant select (session_id, counsellor_id, prison_id) on scheduling.session_counsellor
    to pulih_enrollment, pulih_notes, pulih_notifications;
grant select (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at, occupies)
    on scheduling.session_participant to pulih_enrollment, pulih_notes, pulih_notifications;
grant select (session_id, participant_id, prison_id, mark) on scheduling.attendance
    to pulih_enrollment, pulih_notes, pulih_notifications;
grant select on scheduling.session_published, scheduling.session_participant_published
    to pulih_scheduling, pulih_enrollment, pulih_notes, pulih_notifications;
