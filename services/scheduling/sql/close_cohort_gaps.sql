select coalesce(sum(scheduling.close_gaps(s.id, null)), 0)::integer as closed_count
from scheduling.series s
where s.cohort_id = :cohort_id
