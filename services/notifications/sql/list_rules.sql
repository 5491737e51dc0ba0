select key, occasion, enabled, coalesce(extract(epoch from lead) / 60, 0)::integer as "times.lead_minutes",
    coalesce(days_before, 0) as "times.days_before", to_char(at_time, 'HH24:MI') as "times.at_time",
    coalesce(waiting_days, 0) as "times.waiting_days", coalesce(weekday, 0) as "times.weekday",
    audience, template, channel, (extract(epoch from useful_for) / 60)::integer as useful_for_minutes, version
from notifications.rule
order by key
