-- event.take() moves the cursor, and a planner is free not to run what it has found nothing to join with: a function that
-- joined straight from take() stood still wherever the other side was empty. So what is taken is assigned first:
--   taken event.taken[] := event.taken('notifications', 'scheduling', previous, events);
create type event.taken as (transaction xid8, id bigint, type text, prison_id uuid, subject_id uuid, version integer,
    actor_id uuid, occurred_at timestamptz);

create function event.taken(consumer text, producer text, previous jsonb, events jsonb) returns event.taken[]
language sql
as $$
    select array(select row (t.*)::event.taken from event.take(consumer, producer, previous, events) t)
$$;
