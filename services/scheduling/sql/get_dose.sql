select s.component, sum(time.minutes)::integer as planned_minutes,
    coalesce(sum(time.minutes) filter (where a.mark in ('ATTENDED', 'LATE')), 0)::integer as delivered_minutes,
    count(*)::integer as planned_sessions,
    (count(*) filter (where a.mark in ('ATTENDED', 'LATE')))::integer as delivered_sessions,
    (count(*) filter (where a.mark is null and s.status = 'SCHEDULED'))::integer as unmarked_sessions
from scheduling.session_participant p
join scheduling.session s on s.id = p.session_id
cross join lateral (select extract(epoch from s.ends_at - s.starts_at) / 60 as minutes) time
left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
where p.enrollment_id = :enrollment_id and p.starts_at <= context.now()
group by s.component
order by s.component
