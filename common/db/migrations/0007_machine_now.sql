-- The machine's clock, for leases and other durations: how long a process may keep something has nothing to do with the day
-- that it is for people, and must go on passing while an injected clock stands still. Whatever people can see has
-- context.now(). A lease is only compared with the clock of the machine that PostgreSQL runs on, so one clock judges all.
create function context.machine_now() returns timestamptz
language sql volatile parallel safe
return clock_timestamp();
