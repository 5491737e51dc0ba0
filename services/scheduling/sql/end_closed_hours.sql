select restored_count, kept_count
from scheduling.end_closed_hours(:closed_hours_id, :last_day)
