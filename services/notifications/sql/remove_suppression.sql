with removed as (
    delete from notifications.suppression where address = lower(:address) returning address
)
select count(*) >= 0 as done
from removed
