-- The event wakes the dispatchers.
with planned as materialized (
    select notifications.plan_days() as count
), told as (
    select event.emit('notifications.days_planned', null, '00000000-0000-0000-0000-000000000000', count)
    from planned
    where count > 0
)
select planned.count as planned_count
from planned
left join told on true
