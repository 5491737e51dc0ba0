select s.id, s.enrollment_id, s.conducted_on, s.route, s.recorded_by, s.recorded_at,
    enrollment.scores_of(s.id) as scores
from enrollment.screening s
where s.enrollment_id = :enrollment_id
order by s.recorded_at desc, s.id
