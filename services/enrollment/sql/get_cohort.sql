select c.id, c.prison_id, c.programme_id, c.name, c.starts_on, c.ends_on, c.member_count, c.active_count, c.version,
    c.prison_name, c.programme_name
from enrollment.cohort_detail c
where c.id = :id
