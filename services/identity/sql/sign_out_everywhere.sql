with ended as (
    update identity.sign_in_session set ended_at = context.now()
    where person_id = coalesce(:person_id, context.user_id()) and ended_at is null and expires_at > context.now()
    returning person_id
)
select count(*)::integer as ended
from ended
having coalesce(:person_id, context.user_id()) = context.user_id() or context.has_role('ADMIN')
