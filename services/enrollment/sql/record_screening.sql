select s.id, s.enrollment_id, s.conducted_on, s.route, s.recorded_by, s.recorded_at,
    enrollment.scores_of(s.id) as scores
from enrollment.record_screening(:id, :enrollment_id, :conducted_on, :scores) s
