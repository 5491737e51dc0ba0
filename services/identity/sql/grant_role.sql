update identity.person set roles = roles || :role::text
where id = :person_id
returning id, name, email, phone, language, prison_id, roles, status, version, created_at
