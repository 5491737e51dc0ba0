-- without: path
update scheduling.calendar_feed set revoked_at = coalesce(revoked_at, context.now())
where id = :feed_id
returning id, counsellor_id, prison_id, created_by as created_by_id, created_at, revoked_at
