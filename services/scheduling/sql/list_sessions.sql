-- A person's sessions are found by their own b-tree of times; the lower bound leaves room for the longest session.
select id, prison_id, series_id, series_day, component, room_id, room_name, starts_at, ends_at, status, cancel_reason, cancel_note,
    makes_up_id, version, counsellor_ids, participants, cohort_name,
    id || '|' || starts_at as page_key
from scheduling.session_detail d
where (:prison_id::uuid is null or prison_id = :prison_id)
    and (:counsellor_id::uuid is null or id in (select c.session_id from scheduling.session_counsellor c
        where c.counsellor_id = :counsellor_id
            and c.starts_at > coalesce(:from_time::timestamptz, '-infinity') - interval '12 hours'
            and c.starts_at < coalesce(:until_time::timestamptz, 'infinity')))
    and (:participant_id::uuid is null or id in (select p.session_id from scheduling.session_participant p
        where p.participant_id = :participant_id
            and p.starts_at > coalesce(:from_time::timestamptz, '-infinity') - interval '12 hours'
            and p.starts_at < coalesce(:until_time::timestamptz, 'infinity')))
    and (:series_id::uuid is null or series_id = :series_id)
    and starts_at > coalesce(:from_time::timestamptz, '-infinity') - interval '12 hours'
    and ends_at > coalesce(:from_time::timestamptz, '-infinity')
    and starts_at < coalesce(:until_time::timestamptz, 'infinity')
    and (:status::text is null or status = :status)
    and (:page_key::text is null or (starts_at, id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by starts_at, id
limit :page_limit
