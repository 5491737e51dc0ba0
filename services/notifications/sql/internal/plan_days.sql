-- out: PlannedDays
select notifications.plan_days() as planned_count,
    (select min((date_trunc('day', context.now() at time zone z.name) + interval '1 day') at time zone z.name)
    from enrollment.time_zone z) as next_day_at
