update identity.sign_in_session set ended_at = coalesce(ended_at, context.now())
where token_hash = :token_hash and person_id = context.user_id()
returning true as done
