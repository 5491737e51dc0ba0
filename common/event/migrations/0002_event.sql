-- What happened, one thin row a change, written in the statement that makes the change. Relayed in the order of
-- (transaction, id), and only below the oldest running transaction, so that no reader can miss a late commit.
create schema event;
grant usage on schema event to public;

create table event.log (
    transaction xid8 not null default pg_current_xact_id(),
    id bigint generated always as identity,
    occurred_at timestamptz not null default context.now(),
    producer text not null,
    type text not null,
    prison_id uuid,
    subject_id uuid not null,
    version integer not null,
    actor_id uuid default context.user_id(),
    constraint event_type_names_producer check (type like producer || '.%')
) partition by range (occurred_at);

create index log_order on event.log (producer, transaction, id);

-- Catches what no month was made for (a training clock, say); empty in ordinary running.
create table event.log_elsewhere partition of event.log default;

-- Makes the partitions of the months from first_month on. One that exists is left alone, without a lock; so is a month
-- that already has rows in log_elsewhere. Few are kept ahead: every read looks into each of them.
create function event.make_months(first_month date, months integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    month date := date_trunc('month', first_month)::date;
begin
    for i in 1..months loop
        if to_regclass('event.log_' || to_char(month, 'YYYYMM')) is null then
            begin
                execute format('create table event.log_%s partition of event.log for values from (%L) to (%L)',
                    to_char(month, 'YYYYMM'), month::timestamptz, (month + interval '1 month')::timestamptz);
            exception when check_violation or duplicate_table then
                null;
            end;
        end if;
        month := (month + interval '1 month')::date;
    end loop;
end
$$;

select event.make_months(current_date, 3);

-- Writes one event. `type` is the producer, a dot and what happened: 'enrollment.on_hold'. A service can only speak
-- for itself: the producer must be the schema its role is named after. Every table is named with its schema and no role
-- may create functions or operators anywhere, so a search_path of its own, which costs more than the insert, isn't needed.
create function event.emit(type text, prison_id uuid, subject_id uuid, version integer) returns void
language plpgsql security definer
as $$
declare
    producer text := split_part(type, '.', 1);
begin
    if session_user like 'pulih\_%' and session_user not in ('pulih_' || producer, 'pulih_owner') then
        raise exception 'role % can''t write events of %', session_user, producer using errcode = 'insufficient_privilege';
    end if;
    insert into event.log (producer, type, prison_id, subject_id, version)
    values (producer, type, prison_id, subject_id, version);
end
$$;

-- The log holds ids only, so any service may read all of it.
create view event.readable with (security_barrier) as
select producer, transaction, id, type, prison_id, subject_id, version, actor_id, occurred_at
from event.log
where transaction < pg_snapshot_xmin(pg_current_snapshot());

grant select on event.readable to public;
revoke all on function event.make_months(date, integer) from public;
grant execute on function event.make_months(date, integer) to pulih_scheduling;
