select id, prison_id, series_id, series_day, component, room_id, room_name, starts_at, ends_at, status, cancel_reason, cancel_note,
    makes_up_id, version, counsellor_ids, participants, cohort_name
from scheduling.session_detail
where id = :session_id
