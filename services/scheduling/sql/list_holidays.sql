select day, name
from scheduling.holiday
where day between make_date(:year, 1, 1) and make_date(:year, 12, 31)
order by day
