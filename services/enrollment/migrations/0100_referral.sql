-- What a referral rests on beside the person's data, and who has moved to another block lately.

-- A paper, known by its number and day: where it is kept, never what it says. One of each kind a person; a later one takes
-- the place of the one before.
create table enrollment.referral_document (
    participant_id uuid not null,
    kind text not null,
    number text not null,
    dated_on date not null,
    issued_by text not null,
    recorded_by uuid default context.user_id(),
    recorded_at timestamptz not null default context.now(),
    version integer not null default 1,
    constraint referral_document_pkey primary key (participant_id, kind),
    constraint referral_document_of_participant foreign key (participant_id) references enrollment.participant (id),
    constraint referral_document_kind_is_known check (kind in ('ASSESSMENT', 'PRISON_DECREE', 'MEDICAL_RECORD')),
    constraint referral_document_number_is_given check (length(number) between 1 and 100 and number !~ '[[:cntrl:]]'),
    constraint referral_document_issuer_is_given check (length(issued_by) between 1 and 200 and issued_by !~ '[[:cntrl:]]')
);
alter table enrollment.referral_document enable row level security;
alter table enrollment.referral_document force row level security;
create policy referral_document_scope on enrollment.referral_document
    using (exists (select from enrollment.participant p where p.id = participant_id));
grant select, insert, update on enrollment.referral_document to pulih_enrollment;

create function enrollment.note_referral_document() returns trigger
language plpgsql as $$
begin
    if (new.number, new.dated_on, new.issued_by) = (old.number, old.dated_on, old.issued_by) then
        return old;
    end if;
    new.recorded_by := context.user_id();
    new.recorded_at := context.now();
    new.version := old.version + 1;
    return new;
end
$$;
create trigger referral_document_is_noted before update on enrollment.referral_document
    for each row execute function enrollment.note_referral_document();

-- Where somebody was before, and since when they are where they are: an officer fetches them from another block now.
alter table enrollment.participant add column block_before text, add column block_since timestamptz;

create function enrollment.note_block() returns trigger
language plpgsql as $$
begin
    new.block_before := old.block;
    new.block_since := context.now();
    return new;
end
$$;
-- Before the version is counted: it is part of the same change. A transfer isn't a move between blocks.
create trigger participant_a_block before update on enrollment.participant
    for each row when (new.block is distinct from old.block and old.block is not null and new.prison_id = old.prison_id)
    execute function enrollment.note_block();

-- Columns at the end, as a view that others read may only grow.
create or replace view enrollment.participant_published with (security_invoker) as
select p.id, p.prison_id, p.register_number, p.name, p.block, p.aliases, p.block_before, p.block_since
from enrollment.participant p;
grant select (aliases, block_before, block_since) on enrollment.participant
    to pulih_identity, pulih_scheduling, pulih_notes, pulih_notifications;
