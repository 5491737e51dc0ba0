select d.session_id, d.component, d.room_name, d.starts_at, d.ends_at, d.status, d.cancel_reason, d.cancel_note,
    d.counsellor_names, d.expected_count, d.present_count, d.unmarked_count, d.cohort_name,
    d.session_id || '|' || d.starts_at as page_key
from scheduling.day_session d
where d.prison_id = :prison_id and d.starts_at > context.now() - interval '60 days' and d.starts_at < context.now()
    and d.ends_at <= context.now() and d.status = 'SCHEDULED' and d.unmarked_count > 0
    and (:page_key::text is null or (d.starts_at, d.session_id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by d.starts_at, d.session_id
limit :page_limit
