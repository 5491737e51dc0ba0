select c.id, c.prison_id, c.programme_id, c.name, c.starts_on, c.ends_on, c.member_count, c.active_count, c.version,
    c.prison_name, c.programme_name, c.id || '|' || c.starts_on as page_key
from enrollment.cohort_detail c
where (:prison_id::uuid is null or c.prison_id = :prison_id)
    and (:enrollment_id::uuid is null or c.id in (
        select m.cohort_id from enrollment.cohort_member m where m.enrollment_id = :enrollment_id))
    and (not :current_only::boolean or c.ends_on >= (context.now() at time zone c.time_zone)::date)
    and (:page_key::text is null or (c.starts_on, c.id) < (substr(:page_key, 38)::date, left(:page_key, 36)::uuid))
order by c.starts_on desc, c.id desc
limit :page_limit
