select id, prison_id, component, room_id, start_day, start_time, duration_minutes, rrule, exception_days, holiday_policy,
    first_day, last_day, materialised_until, continues_id, version, counsellor_ids, enrollment_ids,
    cohort_id, cohort_name, id || '|' || start_day as page_key
from scheduling.series_detail d
where (:prison_id::uuid is null or prison_id = :prison_id)
    and (:counsellor_id::uuid is null or exists (select from scheduling.series_counsellor c
        where c.series_id = d.id and c.counsellor_id = :counsellor_id))
    and (:enrollment_id::uuid is null or exists (select from scheduling.series_participant p
        where p.series_id = d.id and p.enrollment_id = :enrollment_id))
    and (:cohort_id::uuid is null or cohort_id = :cohort_id)
    and (not :current_only::boolean or last_day is null or last_day >= context.now()::date)
    and (:page_key::text is null or (start_day, id) < (split_part(:page_key, '|', 2)::date, left(:page_key, 36)::uuid))
order by start_day desc, id desc
limit :page_limit
