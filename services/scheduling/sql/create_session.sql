select id, prison_id, series_id, series_day, component, room_id, room_name, starts_at, ends_at, status, cancel_reason, cancel_note,
    makes_up_id, version, counsellor_ids, participants, cohort_name
from scheduling.create_session(jsonb_populate_record(null::scheduling.session, jsonb_build_object('id', :id::uuid,
    'prison_id', :prison_id::uuid, 'component', :component::text, 'room_id', :room_id::uuid,
    'starts_at', :starts_at::timestamptz, 'ends_at', :ends_at::timestamptz, 'makes_up_id', :makes_up_id::uuid)),
    :counsellor_ids::uuid[], :enrollment_ids::uuid[])
