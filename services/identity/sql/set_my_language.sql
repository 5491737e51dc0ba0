select id, name, email, phone, language, prison_id, roles, status, version, created_at
from identity.set_my_language(:language)
