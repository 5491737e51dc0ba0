-- A time that the rule's occasion doesn't have is null there; 0 says so, but "0 days before" beside a time of day is a value.
update notifications.rule
set enabled = :enabled,
    lead = nullif(:times.lead_minutes::integer, 0) * interval '1 minute',
    days_before = case when occasion = 'AGREEMENT_EXPIRING' or occasion = 'SESSION_UPCOMING' and :times.at_time::text is not null
        then :times.days_before::integer else nullif(:times.days_before::integer, 0) end,
    at_time = notifications.time_of_day(:times.at_time),
    waiting_days = nullif(:times.waiting_days::integer, 0),
    weekday = nullif(:times.weekday::integer, 0),
    missed_sessions = nullif(:times.missed_sessions::integer, 0),
    version = :version
where key = :key and not deleted
returning key, occasion, enabled,
    notifications.rule_times(lead, days_before, at_time, waiting_days, weekday, missed_sessions) as times,
    array_remove(audience, 'AFTERCARE') as audience, template, 'EMAIL' as channel,
    (extract(epoch from useful_for) / 60)::integer as useful_for_minutes, version, name, audience as audiences, channels,
    attach_call_sheet
