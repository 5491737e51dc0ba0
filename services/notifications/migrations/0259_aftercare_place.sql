-- People in aftercare are met outside the prison that they left: what is for them isn't of that prison, and says where to come.
create or replace view notifications.recipient with (security_invoker) as
select id, name, email, phone, language, prison_id, roles, active, null::text[] as channels
from identity.staff_contact
union all
select participant_id, notifications.initials(name), email, phone, language, null, array['AFTERCARE'], agreed, channels
from enrollment.aftercare_contact_published;

-- As in 0208, but an aftercare place is named: its name and address are the foundation's own to choose.
create or replace function notifications.aftercare_fields(session_id uuid, participant_id uuid, language text) returns jsonb
language sql stable
return (select notifications.session_fields(s, p, aftercare_fields.language) || jsonb_build_object('prison', '', 'count', 1,
        'kind', case aftercare_fields.language when 'en' then 'appointment' else 'janji temu' end,
        'room', concat_ws(', ', s.room_name, case when p.aftercare then p.name end, case when p.aftercare then nullif(p.address, '') end),
        'yours', exists (select from scheduling.session_participant_published m
            where m.session_id = s.id and m.participant_id = aftercare_fields.participant_id))
    from scheduling.session_published s
    join enrollment.prison_published p on p.id = s.prison_id
    where s.id = aftercare_fields.session_id);
