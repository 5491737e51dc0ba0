-- Own sessions are found by their counsellor's b-tree of times; the lower bound leaves room for the longest session.
select s.session_id, s.prison_id, s.prison_name, s.time_zone, s.zone, s.room_name, s.component, s.starts_at, s.ends_at, s.status,
    s.cancel_reason, s.participant_count, s.unmarked_count, s.not_held, s.register_number, s.note_state, s.travel_minutes,
    s.travel_from, s.version, scheduling.cohort_name(d.series_id) as cohort_name, s.session_id || '|' || s.starts_at as page_key
from scheduling.session_counsellor c
join notes.counsellor_session s on s.session_id = c.session_id
join scheduling.session d on d.id = c.session_id
where c.counsellor_id = context.user_id()
    and c.starts_at > coalesce(:from_time::timestamptz, '-infinity') - interval '12 hours'
    and c.ends_at > coalesce(:from_time::timestamptz, '-infinity')
    and c.starts_at < coalesce(:until_time::timestamptz, 'infinity')
    and (not :waiting_only::boolean or s.status = 'SCHEDULED' and s.ends_at <= context.now() and (
        s.unmarked_count > 0 or s.note_state = 'DRAFT'
        or s.note_state is null and s.attended and s.component in ('INDIVIDUAL_COUNSELLING', 'GROUP_COUNSELLING')))
    and (:page_key::text is null or (s.starts_at, s.session_id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by s.starts_at, s.session_id
limit :page_limit
