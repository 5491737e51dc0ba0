select key, occasion, enabled,
    notifications.rule_times(lead, days_before, at_time, waiting_days, weekday, missed_sessions) as times,
    array_remove(audience, 'AFTERCARE') as audience, template, 'EMAIL' as channel,
    (extract(epoch from useful_for) / 60)::integer as useful_for_minutes, version, name, audience as audiences, channels,
    attach_call_sheet
from notifications.rule
where not deleted
order by built_in desc, key
