-- Counselling notes. A body is sealed by the service before it comes here (common/crypto/seal.h); what stands here in
-- the clear is who wrote about which case, when, and of what kind.
create schema notes;
grant usage on schema notes to pulih_notes;

create table notes.note (
    id uuid not null,
    prison_id uuid not null,
    type text not null,
    -- Both absent in the part of a group's note that all its participants share.
    participant_id uuid,
    enrollment_id uuid,
    -- The shared part that a participant's private part belongs to.
    group_note_id uuid,
    session_id uuid,
    author_id uuid not null default context.user_id(),
    occurred_at timestamptz not null,
    created_at timestamptz not null default context.now(),
    -- When a plan is to be looked at again.
    review_on date,
    signed_at timestamptz,
    -- The revision of the body that was signed.
    signed_revision integer,
    constraint note_pkey primary key (id),
    constraint note_of_author unique (id, author_id),
    constraint note_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint note_participant_exists foreign key (participant_id) references enrollment.participant (id),
    constraint note_enrollment_exists foreign key (enrollment_id) references enrollment.enrollment (id),
    constraint note_group_exists foreign key (group_note_id) references notes.note (id),
    constraint note_session_exists foreign key (session_id) references scheduling.session (id),
    constraint note_author_exists foreign key (author_id) references identity.person (id),
    constraint note_type_is_known check (type in ('INDIVIDUAL_SESSION', 'GROUP_SESSION', 'ASSESSMENT', 'PLAN',
        'PLAN_REVIEW', 'INCIDENT', 'SUPERVISION', 'AFTERCARE_CONTACT', 'END_REPORT')),
    constraint note_is_about_a_case check ((participant_id is null) = (enrollment_id is null)
        and (enrollment_id is not null or (type = 'GROUP_SESSION' and session_id is not null))),
    constraint note_group_part_is_private check (group_note_id is null
        or (type = 'GROUP_SESSION' and enrollment_id is not null)),
    constraint note_written_after_it_happened check (occurred_at <= created_at),
    constraint note_review_is_of_a_plan check (review_on is null or type in ('PLAN', 'PLAN_REVIEW')),
    constraint note_signed_in_a_revision check ((signed_at is null) = (signed_revision is null))
);

create index note_of_enrollment on notes.note (enrollment_id, occurred_at desc, id desc);
create index note_of_participant on notes.note (participant_id, occurred_at desc, id desc);
create index note_of_session on notes.note (session_id);
create index note_drafts on notes.note (author_id) where signed_at is null;

-- The newest sealed body of each note: rewritten with a growing revision while a draft, final once signed.
create table notes.note_body (
    note_id uuid not null,
    -- The note's, for the policies: the statement that writes both can't look at the note yet.
    author_id uuid not null default context.user_id(),
    revision integer not null,
    sealed bytea not null,
    -- The note's key, sealed with the person's key.
    sealed_key bytea not null,
    -- Keyed hash of the body, to tell a save that is repeated from one that would overwrite another.
    body_mac bytea not null,
    constraint note_body_pkey primary key (note_id),
    constraint note_body_of_note foreign key (note_id, author_id)
        references notes.note (id, author_id) on delete cascade,
    constraint note_body_revision_is_positive check (revision >= 1),
    constraint note_body_is_sealed check (octet_length(sealed) > 41 and octet_length(sealed_key) = 73
        and octet_length(body_mac) = 32)
);

-- What is said later about a signed note: beside it, never in its place.
create table notes.amendment (
    id uuid not null,
    note_id uuid not null,
    author_id uuid not null default context.user_id(),
    created_at timestamptz not null default context.now(),
    sealed bytea not null,
    sealed_key bytea not null,
    constraint amendment_pkey primary key (id),
    constraint amendment_of_note foreign key (note_id) references notes.note (id),
    constraint amendment_author_exists foreign key (author_id) references identity.person (id),
    constraint amendment_is_sealed check (octet_length(sealed) > 41 and octet_length(sealed_key) = 73)
);

create index amendment_of_a_note on notes.amendment (note_id, created_at);

-- Which cases a group's shared part touches; follows the private parts, so that their counsellors may read it.
create table notes.group_case (
    group_note_id uuid not null,
    enrollment_id uuid not null,
    prison_id uuid not null,
    constraint group_case_pkey primary key (group_note_id, enrollment_id),
    constraint group_case_of_note foreign key (group_note_id) references notes.note (id) on delete cascade,
    constraint group_case_enrollment_exists foreign key (enrollment_id) references enrollment.enrollment (id)
);

create function notes.check_note() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' then
        if old.signed_at is not null then
            -- To sign again, or to save again what was signed, is to say the same thing twice.
            new.signed_at := old.signed_at;
            new.signed_revision := old.signed_revision;
            if new is distinct from old then
                raise exception 'a signed note is final'
                    using errcode = 'check_violation', constraint = 'note_signed_is_final';
            end if;
            return old;
        end if;
        if (new.enrollment_id, new.group_note_id, new.author_id, new.created_at)
            is distinct from (old.enrollment_id, old.group_note_id, old.author_id, old.created_at) then
            raise exception 'a note stays with its case'
                using errcode = 'check_violation', constraint = 'note_case_is_fixed';
        end if;
    elsif new.signed_at is not null then
        raise exception 'a note begins as a draft'
            using errcode = 'check_violation', constraint = 'note_begins_as_draft';
    end if;
    if new.type = 'PLAN' and not exists (
        select from notes.note where enrollment_id = new.enrollment_id and type = 'ASSESSMENT' and signed_at is not null
    ) then
        raise exception 'a plan needs an assessment'
            using errcode = 'check_violation', constraint = 'plan_needs_assessment';
    end if;
    -- Whoever could hang a part on another's group note could read that note by it.
    if new.group_note_id is not null and not exists (
        select from notes.note where id = new.group_note_id and author_id = new.author_id and enrollment_id is null
    ) then
        raise exception 'a part needs its author''s group note'
            using errcode = 'check_violation', constraint = 'group_part_by_its_author';
    end if;
    if new.signed_at is not null and not exists (
        select from notes.note_body where note_id = new.id and revision = new.signed_revision
    ) then
        raise exception 'another revision is the newest'
            using errcode = 'check_violation', constraint = 'note_revision_follows';
    end if;
    return new;
end
$$;
create trigger check_note before insert or update on notes.note for each row execute function notes.check_note();

create function notes.follow_note() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        delete from notes.group_case g
        where g.group_note_id = old.group_note_id and g.enrollment_id = old.enrollment_id and not exists (
            select from notes.note n
            where n.group_note_id = old.group_note_id and n.enrollment_id = old.enrollment_id);
        return null;
    end if;
    if new.group_note_id is not null then
        insert into notes.group_case (group_note_id, enrollment_id, prison_id)
        values (new.group_note_id, new.enrollment_id, new.prison_id)
        on conflict (group_note_id, enrollment_id) do nothing;
    end if;
    if tg_op = 'UPDATE' and new.signed_at is not null and old.signed_at is null then
        perform event.emit('notes.note_signed', new.prison_id, new.id, new.signed_revision);
    end if;
    return null;
end
$$;
create trigger follow_note after insert or update or delete on notes.note
    for each row execute function notes.follow_note();

create function notes.refuse_signed_delete() returns trigger
language plpgsql
as $$
begin
    if old.signed_at is not null then
        raise exception 'a signed note is final' using errcode = 'check_violation', constraint = 'note_signed_is_final';
    end if;
    return old;
end
$$;
create trigger refuse_signed_delete before delete on notes.note
    for each row execute function notes.refuse_signed_delete();

create function notes.check_note_body() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' and new.revision = old.revision and new.body_mac = old.body_mac then
        return old;
    end if;
    if exists (select from notes.note where id = old.note_id and signed_at is not null) then
        raise exception 'a signed note is final' using errcode = 'check_violation', constraint = 'note_signed_is_final';
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    if new.note_id <> old.note_id or new.revision <> old.revision + 1 then
        raise exception 'another revision is the newest'
            using errcode = 'check_violation', constraint = 'note_revision_follows';
    end if;
    return new;
end
$$;
create trigger check_note_body before update or delete on notes.note_body
    for each row execute function notes.check_note_body();

-- For tables that only grow, whoever asks.
create function notes.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception '% only grows', tg_table_name using errcode = 'check_violation', constraint = 'notes_append_only';
end
$$;
create trigger append_only before update or delete or truncate on notes.amendment
    for each statement execute function notes.refuse_change();
create trigger keep before truncate on notes.note for each statement execute function notes.refuse_change();
create trigger keep before truncate on notes.note_body for each statement execute function notes.refuse_change();
