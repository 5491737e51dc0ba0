-- Backups and restore drills as they were made (deploy/backup). The login that writes them can do nothing else. It is made
-- by common/db/roles.sql.
create table identity.upkeep (
    id bigint generated always as identity,
    kind text not null,
    part text not null,
    ended_at timestamptz not null,
    took_ms bigint not null,
    succeeded boolean not null,
    detail text not null,
    constraint upkeep_pkey primary key (id),
    constraint upkeep_kind_known check (kind in ('BACKUP', 'DRILL')),
    constraint upkeep_part_known check (part in ('DATABASE', 'KEY_STORE')),
    constraint upkeep_took_some_time check (took_ms >= 0),
    constraint upkeep_detail_short check (length(detail) <= 1000)
);
grant select on identity.upkeep to pulih_identity;

create function identity.record_upkeep(
    kind text, part text, ended_at timestamptz, took_ms bigint, succeeded boolean, detail text
) returns void
language sql security definer set search_path = ''
as $$
    insert into identity.upkeep (kind, part, ended_at, took_ms, succeeded, detail)
    values ($1, $2, $3, $4, $5, left($6, 1000))
$$;
revoke execute on function identity.record_upkeep(text, text, timestamptz, bigint, boolean, text) from public;
grant execute on function identity.record_upkeep(text, text, timestamptz, bigint, boolean, text) to pulih_upkeep;
grant usage on schema identity to pulih_upkeep;
