-- A trigger ends their sessions.
update identity.person set status = 'DISABLED'
where id = :person_id
returning id, name, email, phone, language, prison_id, roles, status, version, created_at
