-- outside a transaction
drop index concurrently if exists notifications.delivery_by_due;
create index concurrently delivery_by_due on notifications.delivery (recipient_id, due_at);
