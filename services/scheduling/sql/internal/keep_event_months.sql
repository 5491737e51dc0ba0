-- out: none
-- Nightly, for all services: the event log's next months.
select event.make_months((context.now() at time zone 'UTC')::date, 3)
