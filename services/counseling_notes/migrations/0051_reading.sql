-- Who reads a body, in one place: notes.reading_basis(). Row-level security, the handler and the audit all ask it.

-- Reading in an emergency by somebody who has no right of their own. It counts at once, ends by itself, and a second
-- person judges it afterwards.
create table notes.break_glass (
    id uuid not null,
    prison_id uuid not null,
    participant_id uuid not null,
    asked_by uuid not null default context.user_id(),
    reason text not null,
    asked_at timestamptz not null default context.now(),
    ends_at timestamptz not null,
    reviewed_by uuid,
    reviewed_at timestamptz,
    verdict text,
    comment text,
    constraint break_glass_pkey primary key (id),
    constraint break_glass_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint break_glass_participant_exists foreign key (participant_id) references enrollment.participant (id),
    constraint break_glass_person_exists foreign key (asked_by) references identity.person (id),
    constraint break_glass_reviewer_exists foreign key (reviewed_by) references identity.person (id),
    constraint break_glass_has_reason check (length(reason) between 10 and 1000),
    constraint break_glass_is_short check (ends_at > asked_at and ends_at <= asked_at + interval '24 hours'),
    constraint break_glass_verdict_is_known check (verdict in ('JUSTIFIED', 'NOT_JUSTIFIED')),
    constraint break_glass_comment_fits check (length(comment) <= 1000),
    constraint break_glass_review_is_whole check ((reviewed_by is null) = (verdict is null)
        and (reviewed_at is null) = (verdict is null)),
    constraint break_glass_reviewed_by_another check (reviewed_by <> asked_by)
);

create index break_glass_of_reader on notes.break_glass (asked_by, participant_id);
create index break_glass_waiting on notes.break_glass (asked_at) where verdict is null;

create function notes.check_break_glass() returns trigger
language plpgsql
as $$
begin
    if old.verdict is not null then
        if new.verdict is distinct from old.verdict then
            raise exception 'it was reviewed before'
                using errcode = 'check_violation', constraint = 'break_glass_reviewed_once';
        end if;
        return old;
    end if;
    return new;
end
$$;
create trigger check_break_glass before update on notes.break_glass
    for each row execute function notes.check_break_glass();
create trigger append_only before delete or truncate on notes.break_glass
    for each statement execute function notes.refuse_change();

create function notes.tell_break_glass() returns trigger
language plpgsql
as $$
begin
    perform event.emit('notes.break_glass_requested', new.prison_id, new.id, 1);
    return null;
end
$$;
create trigger tell_break_glass after insert on notes.break_glass
    for each row execute function notes.tell_break_glass();

-- Asked for by one person and confirmed by another; then a person's key is destroyed in the key store.
create table notes.key_destruction (
    participant_id uuid not null,
    prison_id uuid not null,
    reason text not null,
    asked_by uuid not null default context.user_id(),
    asked_at timestamptz not null default context.now(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    constraint key_destruction_pkey primary key (participant_id),
    constraint key_destruction_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint key_destruction_participant_exists foreign key (participant_id) references enrollment.participant (id),
    constraint key_destruction_asker_exists foreign key (asked_by) references identity.person (id),
    constraint key_destruction_confirmer_exists foreign key (confirmed_by) references identity.person (id),
    constraint key_destruction_has_reason check (length(reason) between 10 and 1000),
    constraint key_destruction_confirmation_is_whole check ((confirmed_by is null) = (confirmed_at is null)),
    constraint key_destruction_confirmed_by_another check (confirmed_by <> asked_by)
);

create function notes.check_key_destruction() returns trigger
language plpgsql
as $$
begin
    return case when old.confirmed_at is null then new else old end;
end
$$;
create trigger check_key_destruction before update on notes.key_destruction
    for each row execute function notes.check_key_destruction();
create trigger append_only before delete or truncate on notes.key_destruction
    for each statement execute function notes.refuse_change();

-- By what right the caller reads the note's body; null is none.
create function notes.reading_basis(note notes.note) returns text
language sql stable
return case
    when note.author_id = context.user_id() then 'AUTHOR'
    when note.signed_at is null then null
    when context.has_role('CLINICAL_SUPERVISOR') then 'SUPERVISOR'
    when exists (
        select from enrollment.case_published c
        where c.counsellor_id = context.user_id()
            and (c.id = note.enrollment_id
                or c.id in (select g.enrollment_id from notes.group_case g where g.group_note_id = note.id))
    ) then 'CASE'
    when exists (
        select from notes.break_glass b
        where b.asked_by = context.user_id() and b.participant_id = note.participant_id
            and context.now() >= b.asked_at and context.now() < b.ends_at and b.verdict is distinct from 'NOT_JUSTIFIED'
    ) then 'BREAK_GLASS'
end;

create function notes.is_clinical() returns boolean
language sql stable
return context.has_role('COUNSELLOR') or context.has_role('CLINICAL_SUPERVISOR');

alter table notes.note enable row level security;
alter table notes.note force row level security;
-- That there is a signed note is known to clinical staff; a draft is its author's alone.
create policy note_is_seen on notes.note for select
    using ((select notes.is_clinical())
        and ((select context.every_prison()) or prison_id = (select context.prison_id()))
        and (signed_at is not null or author_id = (select context.user_id())));
create policy note_is_written on notes.note for insert
    with check ((select notes.is_clinical()) and author_id = (select context.user_id())
        and ((select context.every_prison()) or prison_id = (select context.prison_id())));
create policy note_is_signed on notes.note for update
    using ((select notes.is_clinical()) and author_id = (select context.user_id()));
create policy note_is_discarded on notes.note for delete
    using ((select notes.is_clinical()) and author_id = (select context.user_id()));

alter table notes.note_body enable row level security;
alter table notes.note_body force row level security;
create policy note_body_is_its_authors on notes.note_body
    using ((select notes.is_clinical()) and author_id = (select context.user_id()));
create policy note_body_is_read on notes.note_body for select
    using (exists (select from notes.note n where n.id = note_id and notes.reading_basis(n) is not null));
-- Only as the note's own draft is discarded, by the foreign key.
create policy note_body_goes_with_note on notes.note_body for delete using (true);

alter table notes.amendment enable row level security;
alter table notes.amendment force row level security;
create policy amendment_is_read on notes.amendment for select
    using (exists (select from notes.note n where n.id = note_id and notes.reading_basis(n) is not null));
create policy amendment_is_written on notes.amendment for insert
    with check (author_id = (select context.user_id()) and exists (
        select from notes.note n
        where n.id = note_id and n.signed_at is not null
            and notes.reading_basis(n) in ('AUTHOR', 'SUPERVISOR', 'CASE')));

alter table notes.group_case enable row level security;
alter table notes.group_case force row level security;
create policy group_case_scope on notes.group_case
    using ((select notes.is_clinical())
        and ((select context.every_prison()) or prison_id = (select context.prison_id())));

alter table notes.break_glass enable row level security;
alter table notes.break_glass force row level security;
create policy break_glass_is_seen on notes.break_glass for select
    using (((select context.every_prison()) or prison_id = (select context.prison_id()))
        and (asked_by = (select context.user_id()) or (select context.has_role('CLINICAL_SUPERVISOR'))
            or (select context.has_role('AUDITOR'))));
create policy break_glass_is_asked on notes.break_glass for insert
    with check ((select notes.is_clinical()) and asked_by = (select context.user_id())
        and ((select context.every_prison()) or prison_id = (select context.prison_id())));
create policy break_glass_is_reviewed on notes.break_glass for update
    using ((select context.has_role('CLINICAL_SUPERVISOR')));

alter table notes.key_destruction enable row level security;
alter table notes.key_destruction force row level security;
-- Clinical staff see that a key is gone, so that a note isn't written or sought in vain.
create policy key_destruction_is_seen on notes.key_destruction for select
    using (((select context.every_prison()) or prison_id = (select context.prison_id()))
        and ((select notes.is_clinical()) or (select context.has_role('ADMIN'))
            or (select context.has_role('AUDITOR'))));
create policy key_destruction_is_asked on notes.key_destruction for insert
    with check ((select context.has_role('ADMIN')) and asked_by = (select context.user_id())
        and ((select context.every_prison()) or prison_id = (select context.prison_id())));
create policy key_destruction_is_confirmed on notes.key_destruction for update
    using ((select context.has_role('CLINICAL_SUPERVISOR')));

grant select, insert, delete on notes.note to pulih_notes;
grant update (type, session_id, enrollment_id, group_note_id, occurred_at, review_on, signed_at, signed_revision)
    on notes.note to pulih_notes;
grant select, insert, update on notes.note_body to pulih_notes;
grant select, insert on notes.amendment to pulih_notes;
grant select, insert, delete on notes.group_case to pulih_notes;
grant select, insert on notes.break_glass, notes.key_destruction to pulih_notes;
grant update (reviewed_by, reviewed_at, verdict, comment) on notes.break_glass to pulih_notes;
grant update (confirmed_by, confirmed_at) on notes.key_destruction to pulih_notes;
