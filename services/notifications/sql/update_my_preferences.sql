insert into notifications.preference as p (person_id, channels, fallback_wait, quiet_from, quiet_until, time_zone, digest_at,
    away_from, away_until)
values (context.user_id(), :channels::text[], :fallback_wait_minutes::integer * interval '1 minute',
    notifications.time_of_day(:quiet_hours.from, 'preference_quiet_from_is_of_a_day'),
    notifications.time_of_day(:quiet_hours.until, 'preference_quiet_until_is_of_a_day'), :time_zone,
    notifications.time_of_day(:digest_at, 'preference_digest_at_is_of_a_day'), :away.from, :away.until)
on conflict on constraint preference_pkey do update set channels = excluded.channels, fallback_wait = excluded.fallback_wait,
    quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, time_zone = excluded.time_zone,
    digest_at = excluded.digest_at, away_from = excluded.away_from, away_until = excluded.away_until, version = :version
returning channels, (extract(epoch from fallback_wait) / 60)::integer as fallback_wait_minutes,
    to_char(quiet_from, 'HH24:MI') as "quiet_hours.from", to_char(quiet_until, 'HH24:MI') as "quiet_hours.until",
    time_zone, to_char(digest_at, 'HH24:MI') as digest_at, away_from as "away.from", away_until as "away.until", version
