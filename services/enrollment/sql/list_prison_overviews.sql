-- A page of prisons is taken first; then each one's sessions of the days asked for, down the index of its prison and time.
with place as materialized (
    select p.id, p.code, p.name, p.time_zone, z.short_name, (context.now() at time zone p.time_zone)::date as today
    from enrollment.prison p
    join enrollment.time_zone z on z.name = p.time_zone
    where (:prison_id::uuid is null or p.id = :prison_id) and not p.aftercare
        and (:page_key::text is null or (p.name, p.id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
    order by p.name, p.id
    limit :page_limit
), period as (
    select context.now() - make_interval(days => case when :days::integer between 1 and 366 then :days else 30 end) as begins,
        context.now() as ends
)
select p.id as prison_id, p.code, p.name, p.time_zone, p.short_name as time_zone_short_name,
    identity.last_contact(p.id) as last_contact_at, s.session_count, s.cancelled_count,
    m.expected_count, m.unmarked_count, enrollment.share(m.attended_count, m.marked_count) as attended,
    m.expected_count > 0 and m.expected_count = m.unmarked_count as has_not_reported,
    a.id as agreement_id, least(a.valid_until, a.ended_on) as agreement_until,
    coalesce(least(a.valid_until, a.ended_on) - p.today, 0) as agreement_days_left,
    f.seats, f.seats_taken, w.waiting_count, p.id || '|' || p.name as page_key
from place p
cross join period
cross join lateral (
    select (count(*) filter (where s.status = 'SCHEDULED'))::integer as session_count,
        (count(*) filter (where s.status = 'CANCELLED'))::integer as cancelled_count
    from scheduling.session_published s
    where s.prison_id = p.id and s.starts_at >= period.begins and s.starts_at < period.ends and s.ends_at <= period.ends
) s
cross join lateral (
    select count(*)::integer as expected_count, (count(*) filter (where e.mark is null))::integer as unmarked_count,
        count(*) filter (where e.mark in ('ATTENDED', 'LATE')) as attended_count,
        count(*) filter (where e.mark <> 'SESSION_CANCELLED') as marked_count
    from scheduling.session_published s
    join scheduling.session_participant_published e on e.session_id = s.id
    where s.prison_id = p.id and s.starts_at >= period.begins and s.starts_at < period.ends and s.ends_at <= period.ends
        and s.status = 'SCHEDULED'
) m
cross join lateral (
    select coalesce(sum(a.seats), 0)::integer as seats, coalesce(sum(a.seats_taken), 0)::integer as seats_taken
    from enrollment.agreement a
    where a.prison_id = p.id and a.valid_until >= p.today and a.force @> p.today
) f
cross join lateral (
    select count(*)::integer as waiting_count
    from enrollment.enrollment c
    where c.prison_id = p.id and c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')
) w
cross join lateral enrollment.next_to_end(p.id, p.today) a
order by p.name, p.id
