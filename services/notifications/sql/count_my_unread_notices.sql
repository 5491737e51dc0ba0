select count(*)::integer as count
from notifications.notice
where person_id = context.user_id() and read_at is null
