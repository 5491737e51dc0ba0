-- without: affected_count
update scheduling.counsellor_absence
set withdrawn_at = coalesce(withdrawn_at, context.now())
where id = :absence_id
returning id, counsellor_id, starts_at, ends_at, note, withdrawn_at is not null as withdrawn
