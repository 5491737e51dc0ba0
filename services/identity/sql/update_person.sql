update identity.person
set version = :version, name = :name, email = :email, phone = :phone, language = :language, prison_id = :prison_id
where id = :person_id
returning id, name, email, phone, language, prison_id, roles, status, version, created_at
