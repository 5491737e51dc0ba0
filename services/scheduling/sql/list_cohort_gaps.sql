select g.session_id, g.component, r.name as room_name, g.starts_at, g.ends_at, g.enrollment_id, w.name, w.register_number,
    g.session_id || '|' || g.starts_at || '|' || g.participant_id as page_key
from scheduling.cohort_gap g
join scheduling.room r on r.id = g.room_id
join enrollment.participant_published w on w.id = g.participant_id
where g.cohort_id = :cohort_id
    and (:page_key::text is null or (g.starts_at, g.session_id, g.participant_id) > (split_part(:page_key, '|', 2)::timestamptz,
        split_part(:page_key, '|', 1)::uuid, split_part(:page_key, '|', 3)::uuid))
order by g.starts_at, g.session_id, g.participant_id
limit :page_limit
