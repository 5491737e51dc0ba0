-- When a notice that holds is sent after all later, or not: quiet hours, days away, a digest. Judged when it is composed.
alter table notifications.delivery drop constraint delivery_cause_is_known;
alter table notifications.delivery add constraint delivery_cause_is_known check (cause in ('CHANGED', 'EMPTY', 'LATE',
    'RECIPIENT_GONE', 'RULE_OFF', 'AWAY', 'SUMMED_UP', 'REFUSED', 'ATTEMPTS_USED'));

-- The next instant after this one at which it is this time of day in the zone. Where clocks are put forward past it, the first
-- behind it.
create function notifications.next_time(at_time time, time_zone text, after timestamptz) returns timestamptz
language sql stable strict
return (select (l.local::date + at_time + case when l.local::time >= at_time then interval '1 day' else interval '0' end)
        at time zone time_zone
    from (select after at time zone time_zone as local) l);

-- When these quiet hours end, if it is in them now.
create function notifications.quiet_end(quiet_from time, quiet_until time, time_zone text) returns timestamptz
language sql stable strict
return (select notifications.next_time(quiet_until, time_zone, context.now())
    from (select (context.now() at time zone time_zone)::time as local) l
    where case when quiet_from < quiet_until then l.local >= quiet_from and l.local < quiet_until
        else l.local >= quiet_from or l.local < quiet_until end);

-- Whether it can't wait: what becomes of one of today's sessions, or of what was one of today's, and what begins within two hours.
create function notifications.is_urgent(occasion text, starts_at timestamptz, was_starts_at timestamptz, time_zone text) returns boolean
language sql stable
return coalesce(case occasion
    when 'SESSION_UPCOMING' then starts_at <= context.now() + interval '2 hours'
    when 'TEST' then true
    else (context.now() at time zone time_zone)::date
        in ((starts_at at time zone time_zone)::date, (was_starts_at at time zone time_zone)::date) end, false);
