-- As in 0112, and what stands beside a mark: a correction that waits, or was refused.
create or replace function notes.expected_people(session uuid) returns jsonb
language sql stable
return (
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('participant_id', p.participant_id,
            'enrollment_id', p.enrollment_id, 'name', w.name, 'register_number', w.register_number, 'block', w.block,
            'mark', 'ATTENDANCE_MARK_' || a.mark, 'remark', a.remark, 'marked_at', a.recorded_at,
            'note_id', n.id, 'note_signed', n.signed_at is not null,
            'last_attended_at', last.starts_at, 'missed_since', missed.count,
            'correction', 'ATTENDANCE_MARK_' || c.asked_mark, 'refused_correction', 'ATTENDANCE_MARK_' || c.refused_mark,
            'refusal', c.refusal, 'refused_by_name', k.name))
        order by w.block nulls first, w.name, p.participant_id)
    from scheduling.session_participant_published p
    join scheduling.session_published s on s.id = p.session_id
    join enrollment.participant_published w on w.id = p.participant_id
    left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
    left join scheduling.correction_beside_published c
        on c.session_id = p.session_id and c.participant_id = p.participant_id
    left join identity.staff_published k on k.id = c.refused_by
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
