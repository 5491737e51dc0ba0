select id, prison_id, series_id, series_day, component, room_id, room_name, starts_at, ends_at, status, cancel_reason, cancel_note,
    makes_up_id, version, counsellor_ids, participants, cohort_name
from scheduling.change_session(:session_id, :version, :starts_at, :ends_at, :room_id,
    nullif(:counsellor_ids::uuid[], '{}'))
