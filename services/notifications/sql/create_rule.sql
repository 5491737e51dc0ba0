-- Times as in update_rule.sql. A weekly one is of Jakarta's week.
insert into notifications.rule as r (id, key, name, occasion, lead, days_before, at_time, waiting_days, weekday, time_zone,
    missed_sessions, audience, template, channels, useful_for, attach_call_sheet)
select :id::uuid, 'OWN_' || upper(right(:id::text, 12)), :name, o.occasion,
    nullif(:times.lead_minutes::integer, 0) * interval '1 minute',
    case when o.occasion = 'AGREEMENT_EXPIRING' or o.occasion = 'SESSION_UPCOMING' and :times.at_time::text is not null
        then :times.days_before::integer else nullif(:times.days_before::integer, 0) end,
    notifications.time_of_day(:times.at_time), nullif(:times.waiting_days::integer, 0),
    nullif(:times.weekday::integer, 0), case o.occasion when 'WEEK_DIGEST' then 'Asia/Jakarta' end,
    nullif(:times.missed_sessions::integer, 0), :audiences::text[], :template, :channels::text[],
    :useful_for_minutes::integer * interval '1 minute', :attach_call_sheet::boolean
from (select :occasion::text as occasion) o
on conflict on constraint rule_pkey do update set version = r.version
returning key, occasion, enabled,
    notifications.rule_times(lead, days_before, at_time, waiting_days, weekday, missed_sessions) as times,
    array_remove(audience, 'AFTERCARE') as audience, template, 'EMAIL' as channel,
    (extract(epoch from useful_for) / 60)::integer as useful_for_minutes, version, name, audience as audiences, channels,
    attach_call_sheet
