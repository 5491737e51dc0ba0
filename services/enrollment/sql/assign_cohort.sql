select enrollment.assign_cohort(:enrollment_ids::uuid[], :cohort_id::uuid) as changed_count
