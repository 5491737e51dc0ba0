select coalesce(p.channels, '{EMAIL}') as channels,
    coalesce((extract(epoch from p.fallback_wait) / 60)::integer, 30) as fallback_wait_minutes,
    to_char(p.quiet_from, 'HH24:MI') as "quiet_hours.from", to_char(p.quiet_until, 'HH24:MI') as "quiet_hours.until",
    coalesce(p.time_zone, z.time_zone, 'Asia/Jakarta') as time_zone, to_char(p.digest_at, 'HH24:MI') as digest_at,
    p.away_from as "away.from", p.away_until as "away.until", coalesce(p.version, 0) as version
from identity.staff_published s
left join notifications.preference p on p.person_id = s.id
left join enrollment.prison_published z on z.id = s.prison_id
where s.id = context.user_id()
