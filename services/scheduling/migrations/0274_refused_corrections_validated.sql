alter table scheduling.attendance_correction
    validate constraint attendance_correction_is_countersigned_by_another,
    validate constraint attendance_correction_refusal_has_a_reason,
    validate constraint attendance_correction_refusal_is_whole;
