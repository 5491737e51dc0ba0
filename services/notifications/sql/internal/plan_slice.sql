-- out: PlannedSlice
select planned_count, more
from notifications.plan_slice()
