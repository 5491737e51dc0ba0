update identity.person set roles = array_remove(roles, :role)
where id = :person_id
returning id, name, email, phone, language, prison_id, roles, status, version, created_at
