select status, count(*)::integer as count
from enrollment.enrollment
where :prison_id::uuid is null or prison_id = :prison_id
group by status
order by status
