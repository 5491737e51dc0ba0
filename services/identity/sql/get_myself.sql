select id, name, email, phone, language, prison_id, roles, status, version, created_at
from identity.person
where id = context.user_id()
