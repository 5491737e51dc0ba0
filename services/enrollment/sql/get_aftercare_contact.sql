select p.id as participant_id, c.email, c.phone, c.channels, c.language, enrollment.consents_to(p.id, 'CONTACT_FAMILY') as agreed,
    coalesce(c.version, 0) as version
from enrollment.participant p
left join enrollment.aftercare_contact c on c.participant_id = p.id
where p.id = :participant_id and p.released_on is not null and context.every_prison()
