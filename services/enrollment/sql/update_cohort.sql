update enrollment.cohort c
set name = :name, starts_on = :starts_on, ends_on = :ends_on, version = :version
where c.id = :id
returning c.id, c.prison_id, c.programme_id, c.name, c.starts_on, c.ends_on, c.version,
    (select z.name from enrollment.prison z where z.id = c.prison_id) as prison_name,
    (select g.name from enrollment.programme g where g.id = c.programme_id) as programme_name,
    (select count(*) from enrollment.cohort_member m where m.cohort_id = c.id)::integer as member_count,
    (select count(*) from enrollment.cohort_member m join enrollment.enrollment e on e.id = m.enrollment_id
        where m.cohort_id = c.id and e.status = 'ACTIVE')::integer as active_count
