update notifications.rule
set deleted = true, enabled = false
where key = :key
returning true as done
