alter table scheduling.series
    validate constraint series_is_for_a_cohort_of_its_prison,
    validate constraint series_of_one_is_for_no_cohort;
