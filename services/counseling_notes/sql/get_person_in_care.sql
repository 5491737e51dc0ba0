-- A dose is as GetDose says it.
with dose as (
    select p.enrollment_id, s.component, sum(time.minutes)::integer as planned,
        sum(time.minutes) filter (where p.mark in ('ATTENDED', 'LATE'))::integer as delivered, count(*) as planned_sessions,
        count(*) filter (where p.mark in ('ATTENDED', 'LATE')) as delivered_sessions,
        count(*) filter (where p.mark is null and s.status = 'SCHEDULED') as unmarked_sessions
    from scheduling.session_participant_published p
    join scheduling.session_published s on s.id = p.session_id
    cross join lateral (select extract(epoch from s.ends_at - s.starts_at) / 60 as minutes) time
    where p.participant_id = :participant_id and p.starts_at <= context.now()
    group by p.enrollment_id, s.component
)
select w.id as participant_id, w.name, w.register_number, w.block, z.name as prison_name, z.time_zone,
    z.time_zone_short_name as zone,
    (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('enrollment_id', c.id, 'programme_name', g.name,
            'status', 'ENROLLMENT_STATUS_' || c.status, 'status_since', c.status_since, 'counsellor_name', k.name,
            'mine', coalesce(c.counsellor_id = context.user_id(), false), 'doses',
            (select jsonb_agg(jsonb_build_object('component', 'COMPONENT_' || d.component, 'planned_minutes', d.planned,
                    'delivered_minutes', coalesce(d.delivered, 0), 'planned_sessions', d.planned_sessions,
                    'delivered_sessions', d.delivered_sessions, 'unmarked_sessions', d.unmarked_sessions)
                    order by d.component)
                from dose d where d.enrollment_id = c.id))) order by c.status_since desc, c.id)
        from enrollment.case_published c
        left join enrollment.programme_published g on g.id = c.programme_id
        left join identity.staff_published k on k.id = c.counsellor_id
        where c.participant_id = w.id) as cases
from enrollment.participant_published w
join enrollment.prison_published z on z.id = w.prison_id
where w.id = :participant_id and notes.in_care(w.id)
