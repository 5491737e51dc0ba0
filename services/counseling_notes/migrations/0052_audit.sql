-- Who read what, in chains that show tampering: each entry's hash covers the one before it, under a key that is never
-- in PostgreSQL (common/crypto/audit_chain.h). There are several chains so that two instances needn't wait for each
-- other; an entry is added by moving its chain's head from the place where the instance last saw it.
create table notes.audit (
    chain smallint not null,
    sequence bigint not null,
    happened_at timestamptz not null,
    actor_id uuid not null,
    action text not null,
    -- By what right a body was read.
    basis text,
    prison_id uuid not null,
    participant_id uuid,
    -- The note, or the break-glass request.
    subject_id uuid,
    -- Which master key's chain key made the hash.
    key_id text not null,
    hash bytea not null,
    constraint audit_action_is_known check (action in ('NOTE_READ', 'BREAK_GLASS_REQUESTED', 'BREAK_GLASS_REVIEWED',
        'KEY_DESTRUCTION_ASKED', 'KEY_DESTRUCTION_CONFIRMED')),
    constraint audit_read_has_basis check ((action = 'NOTE_READ') = (basis is not null)),
    constraint audit_hash_is_whole check (octet_length(hash) = 32)
) partition by range (happened_at);

create index audit_order on notes.audit (chain, sequence);
create index audit_of_participant on notes.audit (participant_id, happened_at desc, chain, sequence);

-- Catches what no month was made for (a training clock, say); empty in ordinary running.
create table notes.audit_elsewhere partition of notes.audit default;

-- Makes the partitions of the months from first_month on; one that exists is left alone. Safe to run at any time.
create function notes.make_audit_months(first_month date, months integer) returns void
language plpgsql
as $$
declare
    month date := date_trunc('month', first_month)::date;
begin
    for i in 1..months loop
        execute format('create table if not exists notes.audit_%s partition of notes.audit '
            'for values from (%L) to (%L)', to_char(month, 'YYYYMM'), month::timestamptz,
            (month + interval '1 month')::timestamptz);
        month := (month + interval '1 month')::date;
    end loop;
end
$$;
revoke all on function notes.make_audit_months(date, integer) from public;
select notes.make_audit_months(context.now()::date, 24);

create trigger append_only before update or delete or truncate on notes.audit
    for each statement execute function notes.refuse_change();
create trigger append_only_rows before update or delete on notes.audit
    for each row execute function notes.refuse_change();

create table notes.audit_chain (
    chain smallint not null,
    sequence bigint not null default 0,
    head bytea not null default decode(repeat('00', 32), 'hex'),
    constraint audit_chain_pkey primary key (chain)
);
insert into notes.audit_chain (chain) select generate_series(1, 8);

create function notes.check_audit_chain() returns trigger
language plpgsql
as $$
begin
    if new.chain <> old.chain or new.sequence <= old.sequence then
        raise exception 'a chain only grows' using errcode = 'check_violation', constraint = 'notes_append_only';
    end if;
    return new;
end
$$;
create trigger check_audit_chain before update on notes.audit_chain
    for each row execute function notes.check_audit_chain();

alter table notes.audit enable row level security;
alter table notes.audit force row level security;
create policy audit_is_seen on notes.audit for select
    using (((select context.every_prison()) or prison_id = (select context.prison_id()))
        and ((select context.has_role('AUDITOR')) or (select context.has_role('CLINICAL_SUPERVISOR'))));
create policy audit_is_written on notes.audit for insert with check ((select context.has_role('SERVICE')));

grant select, insert on notes.audit to pulih_notes;
grant select on notes.audit_chain to pulih_notes;
grant update (sequence, head) on notes.audit_chain to pulih_notes;
