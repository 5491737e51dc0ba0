-- Counsellors with the one put in the other's place; the set is the same when it was done before.
select id, prison_id, series_id, series_day, component, room_id, room_name, starts_at, ends_at, status, cancel_reason, cancel_note,
    makes_up_id, version, counsellor_ids, participants, cohort_name
from scheduling.change_session(:session_id, 0, null, null, null, (
    select array_agg(distinct case when c.counsellor_id = :counsellor_id then :substitute_id::uuid else c.counsellor_id end)
    from scheduling.session_counsellor c where c.session_id = :session_id))
