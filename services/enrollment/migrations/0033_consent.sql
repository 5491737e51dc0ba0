-- The consent ledger: what a person agreed to, by purpose, in which words. Append-only; the last entry counts.
create table enrollment.consent_purpose (
    name text not null primary key
);
insert into enrollment.consent_purpose (name)
values ('TREATMENT'), ('SHARE_PROGRESS'), ('CONTACT_FAMILY'), ('SHARE_BNN'), ('RESEARCH');

-- The words that were read out and signed, by version.
create table enrollment.consent_text (
    purpose text not null,
    text_version integer not null,
    indonesian text not null,
    english text not null,
    constraint consent_text_pkey primary key (purpose, text_version),
    constraint consent_text_has_purpose foreign key (purpose) references enrollment.consent_purpose (name)
);
insert into enrollment.consent_text (purpose, text_version, indonesian, english) values
('TREATMENT', 1,
    'Saya bersedia mengikuti program rehabilitasi sosial yayasan dan memahami bahwa saya dapat berhenti kapan saja.',
    'I agree to take part in the foundation''s social rehabilitation and understand that I may stop at any time.'),
('SHARE_PROGRESS', 1,
    'Saya mengizinkan yayasan menyampaikan kemajuan saya, tanpa isi konseling, kepada lapas.',
    'I allow the foundation to share my progress, without what is said in counselling, with the prison.'),
('CONTACT_FAMILY', 1,
    'Saya mengizinkan yayasan menghubungi keluarga saya dan saya sendiri setelah bebas.',
    'I allow the foundation to contact my family, and me after my release.'),
('SHARE_BNN', 1,
    'Saya mengizinkan yayasan menyampaikan data saya kepada Badan Narkotika Nasional.',
    'I allow the foundation to share my data with the National Narcotics Agency.'),
('RESEARCH', 1,
    'Saya mengizinkan data saya dipakai untuk penelitian tanpa nama.',
    'I allow my data to be used for research without my name.');

create table enrollment.consent (
    id uuid not null,
    -- The order of the ledger.
    number bigint not null generated always as identity,
    participant_id uuid not null,
    purpose text not null,
    text_version integer not null,
    given boolean not null,
    -- When the person said so; recorded_at is when it was written down.
    given_on date not null,
    witness text not null,
    recorded_by uuid default context.user_id(),
    recorded_at timestamptz not null default context.now(),
    constraint consent_pkey primary key (id),
    constraint consent_participant_exists foreign key (participant_id) references enrollment.participant (id),
    constraint consent_text_is_known foreign key (purpose, text_version)
        references enrollment.consent_text (purpose, text_version),
    constraint consent_witness_is_given check (length(witness) between 1 and 200 and witness !~ '[[:cntrl:]]')
);
create index consent_last on enrollment.consent (participant_id, purpose, number);

-- Whoever sees the person sees the person's consents, wherever they were recorded.
alter table enrollment.consent enable row level security;
alter table enrollment.consent force row level security;
create policy consent_scope on enrollment.consent
    using (exists (select from enrollment.participant p where p.id = participant_id));

-- A withdrawal stops what waits to be sent or shared for its purpose, at once. It moves no case: see allowed_move.
create function enrollment.tell_consent() returns trigger
language plpgsql as $$
begin
    perform event.emit(case when new.given then 'enrollment.consent_given' else 'enrollment.consent_withdrawn' end,
        p.prison_id, p.id, p.version)
    from enrollment.participant p where p.id = new.participant_id;
    return null;
end
$$;
create trigger tell_consent after insert on enrollment.consent
    for each row execute function enrollment.tell_consent();

grant select on enrollment.consent_purpose, enrollment.consent_text, enrollment.consent to pulih_enrollment;
grant insert on enrollment.consent to pulih_enrollment;
grant update (id) on enrollment.consent to pulih_enrollment;

create function enrollment.newest_consent_text(purpose text) returns integer
language sql stable
return (select max(t.text_version) from enrollment.consent_text t where t.purpose = newest_consent_text.purpose);

create function enrollment.consents_to(participant_id uuid, purpose text) returns boolean
language sql stable
return coalesce((
    select c.given from enrollment.consent c
    where c.participant_id = consents_to.participant_id and c.purpose = consents_to.purpose
    order by c.number desc limit 1), false);
