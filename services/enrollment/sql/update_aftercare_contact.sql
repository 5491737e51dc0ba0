insert into enrollment.aftercare_contact as c (participant_id, email, phone, channels, language)
values (:participant_id, :email, :phone, :channels::text[], :language)
on conflict on constraint aftercare_contact_pkey do update set email = excluded.email, phone = excluded.phone,
    channels = excluded.channels, language = excluded.language, version = :version
returning participant_id, email, phone, channels, language, enrollment.consents_to(participant_id, 'CONTACT_FAMILY') as agreed,
    version
