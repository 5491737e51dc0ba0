-- One prison's month in its own zone. Only what has ended by now is counted; a case's status at the end is that of its last
-- move before it.
with place as materialized (
    select p.id, p.code, p.name, p.time_zone, z.short_name, d.first_day,
        (d.first_day + interval '1 month')::date - 1 as last_day,
        d.first_day::timestamp at time zone p.time_zone as begins,
        (d.first_day + interval '1 month') at time zone p.time_zone as ends,
        least((d.first_day + interval '1 month')::date - 1, d.today) as day
    from enrollment.prison p
    join enrollment.time_zone z on z.name = p.time_zone
    cross join lateral (select (context.now() at time zone p.time_zone)::date as today) t
    cross join lateral (select t.today, date_trunc('month', coalesce(:month::date, t.today)::timestamp)::date as first_day) d
    where p.id = :prison_id
), session as materialized (
    select s.id, s.component, s.status, (s.starts_at at time zone p.time_zone)::date as day,
        (extract(epoch from s.ends_at - s.starts_at) / 60)::integer as minutes
    from place p
    join scheduling.session_published s on s.prison_id = p.id
    where s.starts_at >= p.begins and s.starts_at < p.ends and s.ends_at <= context.now()
), expected as materialized (
    select s.id, s.component, s.status, s.minutes, e.participant_id, e.mark, e.mark in ('ATTENDED', 'LATE') as attended
    from session s
    join scheduling.session_participant_published e on e.session_id = s.id
), held as (
    select count(distinct id) filter (where mark is null) as unrecorded_sessions, count(*) as expected,
        count(*) filter (where mark is null) as unmarked, count(*) filter (where attended) as attended,
        count(*) filter (where mark <> 'SESSION_CANCELLED') as marked
    from expected
    where status = 'SCHEDULED'
), mark as (
    select mark, count(*) as count, array_agg(count(*)) over () as counts
    from expected
    where status = 'SCHEDULED' and mark is not null
    group by mark
), dose as (
    select e.component, sum(e.minutes)::integer as planned,
        coalesce(sum(e.minutes) filter (where e.attended), 0)::integer as delivered,
        count(distinct e.participant_id) filter (where e.attended) as people
    from expected e
    group by e.component
), component as (
    select s.component, count(*) filter (where s.status = 'SCHEDULED') as sessions
    from session s
    group by s.component
), standing as (
    select l.to_status as status, count(*) as count, array_agg(count(*)) over () as counts
    from place p
    cross join lateral (select distinct m.enrollment_id from enrollment.enrollment_move m where m.prison_id = p.id) c
    cross join lateral (
        select m.to_status, m.prison_id
        from enrollment.enrollment_move m
        where m.enrollment_id = c.enrollment_id and m.moved_at < p.ends
        order by m.version desc
        limit 1
    ) l
    where l.prison_id = p.id
    group by l.to_status
), move as (
    select m.to_status, m.reason, count(*) as count, array_agg(count(*)) over () as counts
    from place p
    join enrollment.enrollment_move m on m.prison_id = p.id and m.moved_at >= p.begins and m.moved_at < p.ends
    where m.from_status is distinct from m.to_status
    group by m.to_status, m.reason
), ended as (
    select coalesce(sum(count) filter (where to_status = 'COMPLETED'), 0)::bigint as completed,
        coalesce(sum(count), 0)::bigint as all
    from move
    where to_status in ('COMPLETED', 'ENDED_EARLY')
), agreement as (
    select coalesce(sum(a.visits_per_month), 0)::integer as visits, coalesce(sum(a.seats), 0)::integer as seats,
        coalesce(array_agg(a.number order by a.number), '{}') as numbers, min(least(a.valid_until, a.ended_on)) as until
    from place p
    join enrollment.agreement a on a.prison_id = p.id and a.valid_until >= p.day and a.force @> p.day
)
select p.id as prison_id, p.code as prison_code, p.name as prison_name, p.time_zone, p.short_name as time_zone_short_name,
    p.first_day as month, context.now() as as_of, p.ends > context.now() as running,
    (select count(*) from session where status = 'SCHEDULED')::integer as session_count,
    (select count(*) from session where status = 'CANCELLED')::integer as cancelled_count,
    held.unrecorded_sessions::integer as unrecorded_session_count, held.expected::integer as expected_count,
    held.unmarked::integer as unmarked_count, enrollment.share(held.attended, held.marked) as attended,
    (select coalesce(jsonb_agg(jsonb_build_object('mark', mark, 'count', case when hidden then 0 else count end,
            'hidden', hidden) order by mark), '[]')
        from mark cross join lateral enrollment.is_hidden(count, counts) as hidden) as marks,
    (select coalesce(jsonb_agg(jsonb_build_object('component', 'COMPONENT_' || c.component, 'session_count', c.sessions,
            'planned_minutes', coalesce(d.planned, 0), 'delivered_minutes', case when hidden then 0 else coalesce(d.delivered, 0) end,
            'people_count', case when hidden then 0 else coalesce(d.people, 0) end, 'hidden', hidden) order by c.component), '[]')
        from component c
        left join dose d on d.component = c.component
        cross join lateral (select coalesce(d.people between 1 and 4, false) as hidden) h) as components,
    (select coalesce(jsonb_agg(jsonb_build_object('status', 'ENROLLMENT_STATUS_' || status, 'count', case when hidden then 0 else count end,
            'hidden', hidden) order by status), '[]')
        from standing cross join lateral enrollment.is_hidden(count, counts) as hidden) as statuses,
    (select coalesce(jsonb_agg(jsonb_build_object('to_status', 'ENROLLMENT_STATUS_' || to_status, 'reason', coalesce(reason, ''),
            'count', case when hidden then 0 else count end, 'hidden', hidden) order by to_status, reason), '[]')
        from move cross join lateral enrollment.is_hidden(count, counts) as hidden) as moves,
    enrollment.share(ended.completed, ended.all) as completed,
    (select count(distinct day) from session where status = 'SCHEDULED')::integer as visit_days,
    agreement.visits as agreed_visits, agreement.numbers as agreement_numbers, agreement.until as agreement_until,
    agreement.seats
from place p
cross join held
cross join ended
cross join agreement
