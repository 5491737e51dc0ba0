select c.id as enrollment_id, c.participant_id, w.name, w.register_number, w.block, z.name as prison_name, z.time_zone,
    z.time_zone_short_name as zone, g.name as programme_name, c.status,
    (select min(p.starts_at) from scheduling.session_participant_published p
        where p.participant_id = c.participant_id and p.occupies and p.starts_at > context.now()) as next_session_at,
    c.id || '|' || w.name as page_key
from enrollment.case_published c
join enrollment.participant_published w on w.id = c.participant_id
join enrollment.prison_published z on z.id = c.prison_id
left join enrollment.programme_published g on g.id = c.programme_id
where c.counsellor_id = context.user_id() and c.status in ('AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD', 'AFTERCARE')
    and (:page_key::text is null or (w.name, c.id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by w.name, c.id
limit :page_limit
