-- The log holds no secrets, and behind a security barrier neither order nor limit would reach the index.
alter view event.readable reset (security_barrier);

-- Events that are committed but not readable yet, since a transaction that still runs may come before them.
create view event.pending as
select producer
from event.log
where transaction >= pg_snapshot_xmin(pg_current_snapshot());

grant select on event.pending to public;
