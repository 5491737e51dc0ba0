-- in: CallSheetRequest
-- out: CallSheet
-- read
-- No row where the rule leaves it out, or the recipient isn't an officer of that prison at this moment.
select p.language, z.name as prison, z.time_zone_short_name as zone_name,
    notifications.say_day(d.day, p.language) as day, d.day::text as iso_day,
    notifications.say_day((context.now() at time zone z.time_zone)::date, p.language) || ', '
        || to_char(context.now() at time zone z.time_zone, clock.format) || ' '
        || z.time_zone_short_name as as_of,
    (select coalesce(jsonb_agg(jsonb_build_object('block', c.block,
            'start_time', to_char(c.called_at at time zone z.time_zone, clock.format),
            'end_time', to_char(c.ends_at at time zone z.time_zone, clock.format),
            'room_name', c.room_name, 'component', c.component, 'participant_name', c.participant_name,
            'register_number', c.register_number, 'counsellor_names', array_to_string(c.counsellor_names, ', '),
            'cancel_reason', coalesce(c.cancel_reason, ''), 'cancel_note', coalesce(c.cancel_note, ''))
            order by c.block, c.starts_at, c.participant_name, c.participant_id), '[]')
        from scheduling.call_sheet_published c
        where c.prison_id = z.id and c.starts_at >= bounds.begins and c.starts_at < bounds.ends) as lines
from notifications.delivery d
join notifications.rule r on r.key = d.rule and r.attach_call_sheet
join enrollment.prison_published z on z.id = d.subject_id
join identity.staff_contact p on p.id = d.recipient_id and p.active and p.prison_id = z.id and 'OFFICER' = any (p.roles)
-- Apart, so that they lead down the b-tree of times.
cross join lateral (select d.day::timestamp at time zone z.time_zone as begins,
    (d.day + 1)::timestamp at time zone z.time_zone as ends offset 0) bounds
cross join lateral (select case p.language when 'en' then 'HH24:MI' else 'HH24.MI' end as format) clock
where d.id = :delivery_id
