-- What a counsellor sees of their day and of the people in their care.

-- Whether the caller has to do with a person: the person's case is theirs, they meet in sessions, or the glass is broken.
create function notes.in_care(participant uuid) returns boolean
language sql stable
return context.has_role('CLINICAL_SUPERVISOR')
    or exists (
        select from enrollment.case_published c
        where c.participant_id = participant and c.counsellor_id = context.user_id())
    or exists (
        select from scheduling.session_participant_published p
        join scheduling.session_counsellor c on c.session_id = p.session_id and c.counsellor_id = context.user_id()
        where p.participant_id = participant)
    or exists (
        select from notes.break_glass b
        where b.asked_by = context.user_id() and b.participant_id = participant
            and context.now() >= b.asked_at and context.now() < b.ends_at and b.verdict is distinct from 'NOT_JUSTIFIED');

-- Sessions as a counsellor's day shows them; what is said of notes and of the way is the caller's own.
create view notes.counsellor_session with (security_invoker) as
select s.id as session_id, s.prison_id, z.name as prison_name, z.time_zone, z.time_zone_short_name as zone, s.room_name,
    s.component, s.starts_at, s.ends_at, s.status, s.cancel_reason, s.participant_count,
    s.attendance_unmarked_count as unmarked_count, people.not_held, people.attended, people.register_number,
    own.note_state, way.minutes as travel_minutes, way.prison_name as travel_from, s.version
from scheduling.session_published s
join enrollment.prison_published z on z.id = s.prison_id
cross join lateral (
    select coalesce(bool_and(coalesce(p.mark = 'SESSION_CANCELLED', false)), false) as not_held,
        coalesce(bool_or(p.mark in ('ATTENDED', 'LATE')), false) as attended,
        case when count(*) = 1 then min(w.register_number) end as register_number
    from scheduling.session_participant_published p
    join enrollment.participant_published w on w.id = p.participant_id
    where p.session_id = s.id) people
cross join lateral (
    select case when bool_or(n.signed_at is null) then 'DRAFT' when count(*) > 0 then 'SIGNED' end as note_state
    from notes.note n
    where n.session_id = s.id and n.author_id = context.user_id()) own
left join lateral (
    select (extract(epoch from scheduling.travel(before.prison_id, s.prison_id)) / 60)::integer as minutes,
        b.name as prison_name
    from (
        select c.prison_id from scheduling.session_counsellor c
        where c.counsellor_id = context.user_id() and c.occupies and c.starts_at < s.starts_at
            and c.starts_at > s.starts_at - interval '1 day'
        order by c.starts_at desc limit 1) before
    join enrollment.prison_published b on b.id = before.prison_id
    where before.prison_id <> s.prison_id and s.status = 'SCHEDULED') way on true;
grant select on notes.counsellor_session to pulih_notes;

-- Who is expected in a session, as ExpectedPerson messages, with the caller's own notes.
create function notes.expected_people(session uuid) returns jsonb
language sql stable
return (
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('participant_id', p.participant_id,
            'enrollment_id', p.enrollment_id, 'name', w.name, 'register_number', w.register_number, 'block', w.block,
            'mark', 'ATTENDANCE_MARK_' || a.mark, 'remark', a.remark, 'marked_at', a.recorded_at,
            'note_id', n.id, 'note_signed', n.signed_at is not null,
            'last_attended_at', last.starts_at, 'missed_since', missed.count))
        order by w.block nulls first, w.name, p.participant_id)
    from scheduling.session_participant_published p
    join scheduling.session_published s on s.id = p.session_id
    join enrollment.participant_published w on w.id = p.participant_id
    left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
    left join lateral (
        select o.id, o.signed_at from notes.note o
        where o.session_id = p.session_id and o.enrollment_id = p.enrollment_id and o.author_id = context.user_id()
        order by o.signed_at nulls first, o.created_at desc limit 1) n on true
    left join lateral (
        select max(b.starts_at) as starts_at
        from scheduling.session_participant_published b
        join scheduling.session_published o on o.id = b.session_id and o.component = s.component
        where b.participant_id = p.participant_id and b.starts_at < s.starts_at and b.mark in ('ATTENDED', 'LATE')) last
        on true
    left join lateral (
        select nullif(count(*), 0) as count
        from scheduling.session_participant_published b
        join scheduling.session_published o on o.id = b.session_id and o.component = s.component
            and o.status = 'SCHEDULED'
        where b.participant_id = p.participant_id and b.starts_at < s.starts_at
            and b.starts_at > coalesce(last.starts_at, '-infinity')
            and b.mark not in ('ATTENDED', 'LATE', 'SESSION_CANCELLED')) missed on true
    where p.session_id = session);

-- Two devices, or a page that was opened twice, don't begin two drafts of one thing.
create unique index note_one_draft_of_a_session
    on notes.note (author_id, session_id, type, coalesce(enrollment_id, '00000000-0000-0000-0000-000000000000'))
    where session_id is not null and signed_at is null;
