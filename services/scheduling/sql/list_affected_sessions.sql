select s.id as session_id, s.prison_id, s.component, s.starts_at, s.ends_at, free.ids as substitute_ids,
    array(select k.name from unnest(free.ids) with ordinality i(id, number)
        join identity.staff_published k on k.id = i.id order by i.number) as substitute_names,
    z.name as prison_name, z.time_zone, z.time_zone_short_name as zone, r.name as room_name,
    (select count(*)::integer from scheduling.session_participant p where p.session_id = s.id) as participant_count,
    s.id || '|' || s.starts_at as page_key
from scheduling.counsellor_absence a
join scheduling.session_counsellor c on c.counsellor_id = a.counsellor_id and c.occupies
    and c.starts_at < a.ends_at and c.ends_at > a.starts_at and c.starts_at > context.now()
join scheduling.session s on s.id = c.session_id
join scheduling.room r on r.id = s.room_id
join enrollment.prison_published z on z.id = s.prison_id
cross join lateral (select scheduling.substitutes(s) as ids) free
where a.id = :absence_id and a.withdrawn_at is null and scheduling.may_be_absent(a.counsellor_id)
    and (:page_key::text is null or (s.starts_at, s.id) > (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by s.starts_at, s.id
limit :page_limit
