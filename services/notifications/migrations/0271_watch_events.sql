-- event.watch('notifications') has taken its place. The exporter of the release before still calls it: the next one drops it.
create or replace function notifications.watch_events(out producer text, out behind bigint, out behind_seconds double precision)
returns setof record
language sql stable
as $$ select producer, behind, behind_seconds from event.watch('notifications') $$;
