select participant_id, email, phone, channels, language, enrollment.consents_to(participant_id, 'CONTACT_FAMILY') as agreed, version
from enrollment.aftercare_contact
where participant_id = :participant_id
