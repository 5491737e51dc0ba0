-- A counsellor's day names the cohort that a session is planned for.
grant select (id, cohort_id) on scheduling.series to pulih_notes;
grant select (id, prison_id, programme_id, name, starts_on, ends_on) on enrollment.cohort to pulih_notes;
grant select on enrollment.cohort_published to pulih_notes;
