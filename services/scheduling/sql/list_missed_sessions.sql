select s.id as session_id, s.prison_id, s.starts_at, s.component, p.participant_id, w.name as participant_name,
    p.enrollment_id, coalesce(a.mark, 'SESSION_CANCELLED') as mark, s.id || '|' || p.participant_id || '|' || s.starts_at as page_key
from scheduling.session s
join scheduling.session_participant p on p.session_id = s.id
join enrollment.case_published e on e.id = p.enrollment_id and e.status = 'ACTIVE' and e.prison_id = s.prison_id
join enrollment.participant_published w on w.id = p.participant_id
left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
where s.starts_at <= context.now()
    and (a.mark not in ('ATTENDED', 'LATE') or (a.mark is null and s.status = 'CANCELLED'))
    and (:prison_id::uuid is null or s.prison_id = :prison_id)
    and (:enrollment_id::uuid is null or p.enrollment_id = :enrollment_id)
    and not exists (select from scheduling.session m
        join scheduling.session_participant mp on mp.session_id = m.id and mp.participant_id = p.participant_id
        where m.makes_up_id = s.id and m.status = 'SCHEDULED')
    and (:page_key::text is null or (s.starts_at, s.id, p.participant_id)
        > (substr(:page_key, 75)::timestamptz, left(:page_key, 36)::uuid, substr(:page_key, 38, 36)::uuid))
order by s.starts_at, s.id, p.participant_id
limit :page_limit
