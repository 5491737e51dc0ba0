-- A time that the rule's occasion doesn't have is null there; 0 says so, but "0 days before" beside a time of day is a value.
update notifications.rule
set enabled = :enabled,
    lead = nullif(:times.lead_minutes::integer, 0) * interval '1 minute',
    days_before = case when days_before is not null then :times.days_before::integer
        else nullif(:times.days_before::integer, 0) end,
    at_time = notifications.time_of_day(:times.at_time),
    waiting_days = nullif(:times.waiting_days::integer, 0),
    weekday = nullif(:times.weekday::integer, 0),
    version = :version
where key = :key
returning key, occasion, enabled, coalesce(extract(epoch from lead) / 60, 0)::integer as "times.lead_minutes",
    coalesce(days_before, 0) as "times.days_before", to_char(at_time, 'HH24:MI') as "times.at_time",
    coalesce(waiting_days, 0) as "times.waiting_days", coalesce(weekday, 0) as "times.weekday",
    audience, template, channel, (extract(epoch from useful_for) / 60)::integer as useful_for_minutes, version
