-- Each prison's part of the time is read down its own index: there is none of times alone, which every booking would pay
-- for. Names and counts are looked up for the page's rows only.
select s.id as session_id, s.prison_id, z.name as prison_name, z.time_zone_short_name, z.time_zone, s.series_id, s.component,
    s.room_id, r.name as room_name, s.starts_at, s.ends_at, s.status, s.cancel_reason, s.version,
    array(select c.counsellor_id from scheduling.session_counsellor c
        left join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id order by k.name, c.counsellor_id) as counsellor_ids,
    array(select coalesce(k.name, '') from scheduling.session_counsellor c
        left join identity.staff_published k on k.id = c.counsellor_id
        where c.session_id = s.id order by k.name, c.counsellor_id) as counsellor_names,
    (select count(*) from scheduling.session_participant p where p.session_id = s.id)::integer as participant_count,
    (select count(*) from scheduling.session_participant p
        where p.session_id = s.id and s.status = 'SCHEDULED' and s.ends_at <= context.now()
            and not exists (select from scheduling.attendance a
                where a.session_id = p.session_id and a.participant_id = p.participant_id))::integer as unmarked_count,
    scheduling.cohort_name(s.series_id) as cohort_name, s.id || '|' || s.starts_at as page_key
from enrollment.prison_published z
cross join lateral (
    select s.id, s.prison_id, s.series_id, s.component, s.room_id, s.starts_at, s.ends_at, s.status, s.cancel_reason, s.version
    from scheduling.session s
    where s.prison_id = z.id
        and s.starts_at > :from_time::timestamptz - interval '12 hours' and s.ends_at > :from_time
        and s.starts_at < least(:until_time::timestamptz, :from_time::timestamptz + interval '31 days')
) s
join scheduling.room r on r.id = s.room_id
where (:prison_id::uuid is null or z.id = :prison_id)
    and (:counsellor_id::uuid is null or exists (select from scheduling.session_counsellor c
        where c.session_id = s.id and c.counsellor_id = :counsellor_id))
    and (:page_key::text is null or (s.starts_at, s.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by s.starts_at, s.id
limit :page_limit
