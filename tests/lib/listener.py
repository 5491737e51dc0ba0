"""A consumer of scheduling's events: schema "listener", whose effects are the events themselves in their order. It
belongs to no service; pulih_notifications may use it."""

SCHEMA = """
create schema listener;
grant usage on schema listener to pulih_notifications;
create table listener.event_cursor (producer text primary key, transaction xid8 not null, id bigint not null);
create table listener.effect (number bigint generated always as identity, subject_id uuid, version integer,
    transaction xid8, id bigint);
grant select, insert, update on listener.event_cursor, listener.effect to pulih_notifications;
create function listener.apply(producer text, previous jsonb, events jsonb) returns event.position
language plpgsql as $$
begin
    insert into listener.effect (subject_id, version, transaction, id)
    select subject_id, version, transaction, id from event.take('listener', producer, previous, events);
    return event.standing('listener', producer);
end
$$;
"""
