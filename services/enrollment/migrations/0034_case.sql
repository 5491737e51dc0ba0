-- Cases: one participant in one programme, one status, an append-only history.
create table enrollment.status (
    name text not null primary key,
    -- Before or in the programme: a person has one open case a programme, and it goes along to another prison.
    open boolean not null,
    -- Takes one of the agreement's seats. A case on hold keeps its seat: the person comes back to it.
    holds_seat boolean not null
);
insert into enrollment.status (name, open, holds_seat) values
('REFERRED', true, false), ('AWAITING_ASSESSMENT', true, false), ('SUITABLE_NOT_READY', true, false),
('WAITLISTED', true, false), ('ACTIVE', true, true), ('ON_HOLD', true, true), ('COMPLETED', false, false),
('ENDED_EARLY', false, false), ('NOT_SUITABLE', false, false), ('WITHDRAWN', false, false),
('AFTERCARE', false, false), ('CLOSED', false, false);

-- Every move there is. One that isn't a row here can't be made by anything or anyone.
create table enrollment.allowed_move (
    from_status text not null,
    to_status text not null,
    -- Only with the person's consent to treatment. A withdrawal stops these moves; it ends nothing by itself.
    needs_consent boolean not null default false,
    -- Only as part of a transfer to another prison.
    on_transfer boolean not null default false,
    -- Only once the person is released.
    on_release boolean not null default false,
    constraint allowed_move_pkey primary key (from_status, to_status),
    constraint allowed_move_from_status foreign key (from_status) references enrollment.status (name),
    constraint allowed_move_to_status foreign key (to_status) references enrollment.status (name)
);
insert into enrollment.allowed_move (from_status, to_status, needs_consent, on_transfer, on_release) values
('REFERRED', 'AWAITING_ASSESSMENT', true, false, false),
('REFERRED', 'WITHDRAWN', false, false, false),
('AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', true, false, false),
('AWAITING_ASSESSMENT', 'NOT_SUITABLE', false, false, false),
('AWAITING_ASSESSMENT', 'WAITLISTED', true, false, false),
('AWAITING_ASSESSMENT', 'WITHDRAWN', false, false, false),
('SUITABLE_NOT_READY', 'WAITLISTED', true, false, false),
('SUITABLE_NOT_READY', 'NOT_SUITABLE', false, false, false),
('SUITABLE_NOT_READY', 'WITHDRAWN', false, false, false),
('WAITLISTED', 'SUITABLE_NOT_READY', false, false, false),
('WAITLISTED', 'NOT_SUITABLE', false, false, false),
('WAITLISTED', 'ACTIVE', true, false, false),
('WAITLISTED', 'WITHDRAWN', false, false, false),
('ACTIVE', 'ON_HOLD', false, false, false),
('ACTIVE', 'COMPLETED', false, false, false),
('ACTIVE', 'ENDED_EARLY', false, false, false),
('ACTIVE', 'WAITLISTED', false, true, false),
('ACTIVE', 'AFTERCARE', false, false, true),
('ON_HOLD', 'ACTIVE', true, false, false),
('ON_HOLD', 'ENDED_EARLY', false, false, false),
('ON_HOLD', 'WAITLISTED', false, true, false),
('COMPLETED', 'AFTERCARE', false, false, true),
('ENDED_EARLY', 'AFTERCARE', false, false, true),
('AFTERCARE', 'CLOSED', false, false, false);

-- Why a case moved: a category, and within it a code.
create table enrollment.move_reason_category (
    name text not null primary key,
    indonesian text not null,
    english text not null
);
insert into enrollment.move_reason_category (name, indonesian, english) values
('ASSESSMENT', 'Hasil asesmen', 'Outcome of assessment'),
('PARTICIPANT', 'Keputusan atau keadaan warga binaan', 'The participant''s choice or circumstances'),
('CONDUCT', 'Perilaku', 'Conduct'),
('PRISON', 'Keputusan lapas', 'The prison''s decision'),
('FOUNDATION', 'Keputusan yayasan', 'The foundation''s decision'),
('CUSTODY', 'Pindah atau bebas', 'Transfer or release');

create table enrollment.move_reason (
    code text not null primary key,
    category text not null,
    indonesian text not null,
    english text not null,
    -- The statuses that it can be the reason for.
    statuses text[] not null,
    constraint move_reason_has_category foreign key (category) references enrollment.move_reason_category (name)
);
insert into enrollment.move_reason (code, category, indonesian, english, statuses) values
('LOW_RISK_EDUCATION_ONLY', 'ASSESSMENT', 'Risiko rendah: cukup edukasi', 'Low risk: education only', '{NOT_SUITABLE}'),
('NEEDS_OTHER_CARE', 'ASSESSMENT', 'Perlu layanan lain', 'Needs other care', '{NOT_SUITABLE,ENDED_EARLY}'),
('NOT_MOTIVATED', 'ASSESSMENT', 'Belum siap berubah', 'Not ready to change', '{SUITABLE_NOT_READY,NOT_SUITABLE}'),
('AWAITING_COURT', 'ASSESSMENT', 'Menunggu proses hukum', 'Awaiting court', '{SUITABLE_NOT_READY,ON_HOLD}'),
('CONSENT_WITHDRAWN', 'PARTICIPANT', 'Persetujuan ditarik', 'Consent withdrawn', '{WITHDRAWN,ON_HOLD,ENDED_EARLY}'),
('DECLINED', 'PARTICIPANT', 'Tidak bersedia', 'Declined', '{WITHDRAWN,ENDED_EARLY}'),
('ILLNESS', 'PARTICIPANT', 'Sakit', 'Illness', '{SUITABLE_NOT_READY,ON_HOLD,WITHDRAWN,ENDED_EARLY}'),
('DEATH', 'PARTICIPANT', 'Meninggal dunia', 'Death', '{WITHDRAWN,ENDED_EARLY,CLOSED}'),
('GOALS_REACHED', 'PARTICIPANT', 'Tujuan tercapai', 'Goals reached', '{COMPLETED,CLOSED}'),
('CONTACT_LOST', 'PARTICIPANT', 'Kontak terputus', 'Contact lost', '{CLOSED}'),
('ATTENDANCE', 'CONDUCT', 'Terlalu sering tidak hadir', 'Missed too many sessions', '{ON_HOLD,ENDED_EARLY}'),
('SAFETY', 'CONDUCT', 'Keamanan orang lain', 'Safety of others', '{ON_HOLD,ENDED_EARLY}'),
('DISCIPLINE', 'PRISON', 'Hukuman disiplin', 'Disciplinary measure', '{ON_HOLD,WITHDRAWN,ENDED_EARLY}'),
('REFERRED_IN_ERROR', 'PRISON', 'Salah rujuk', 'Referred in error', '{WITHDRAWN}'),
('AGREEMENT_ENDED', 'FOUNDATION', 'Kerja sama berakhir', 'The agreement ended', '{ON_HOLD,WITHDRAWN,ENDED_EARLY}'),
('AGREEMENT_RENEWED', 'FOUNDATION', 'Kerja sama diperpanjang', 'The agreement was renewed', '{ACTIVE,ON_HOLD}'),
('AFTERCARE_DONE', 'FOUNDATION', 'Pendampingan selesai', 'Aftercare done', '{CLOSED}'),
('TRANSFERRED', 'CUSTODY', 'Dipindahkan ke lapas lain', 'Transferred to another prison',
    '{REFERRED,AWAITING_ASSESSMENT,SUITABLE_NOT_READY,WAITLISTED,ACTIVE,ON_HOLD,COMPLETED,ENDED_EARLY}'),
('RELEASED', 'CUSTODY', 'Bebas', 'Released', '{WITHDRAWN,ENDED_EARLY,AFTERCARE}');

-- Which reason goes with which status, for the key below.
create table enrollment.move_reason_for (
    status text not null,
    code text not null,
    constraint move_reason_for_pkey primary key (status, code),
    constraint move_reason_for_status foreign key (status) references enrollment.status (name),
    constraint move_reason_for_reason foreign key (code) references enrollment.move_reason (code)
);
insert into enrollment.move_reason_for (status, code)
select unnest(statuses), code from enrollment.move_reason;
alter table enrollment.move_reason drop column statuses;

create table enrollment.enrollment (
    id uuid not null,
    -- The participant's; the trigger sees to it, so it needs no key of its own.
    prison_id uuid not null,
    participant_id uuid not null,
    programme_id uuid not null,
    -- As published at referral, and again when the case becomes active.
    programme_edition integer not null,
    -- Under which its seat is held, or was last.
    agreement_id uuid,
    counsellor_id uuid,
    status text not null default 'REFERRED',
    previous_status text,
    status_since timestamptz not null default context.now(),
    -- Why it moved there; the whole history is in enrollment_move.
    status_reason text,
    status_comment text,
    -- What screening found: null before it, then EDUCATION_ONLY or FULL_ASSESSMENT.
    screening_route text,
    -- First day active.
    started_on date,
    version integer not null default 1,
    referred_at timestamptz not null default context.now(),
    constraint enrollment_pkey primary key (id),
    constraint enrollment_of_participant foreign key (participant_id) references enrollment.participant (id),
    constraint enrollment_in_published_programme foreign key (programme_id, programme_edition)
        references enrollment.programme_edition (programme_id, edition),
    constraint enrollment_counsellor_exists foreign key (counsellor_id) references identity.person (id),
    constraint enrollment_under_agreement foreign key (agreement_id) references enrollment.agreement (id),
    constraint enrollment_move_is_allowed foreign key (previous_status, status)
        references enrollment.allowed_move (from_status, to_status),
    constraint enrollment_begins_referred check (previous_status is not null or status = 'REFERRED'),
    constraint enrollment_reason_fits_status foreign key (status, status_reason)
        references enrollment.move_reason_for (status, code),
    constraint enrollment_end_has_reason
        check (status not in ('ENDED_EARLY', 'NOT_SUITABLE', 'WITHDRAWN') or status_reason is not null),
    constraint enrollment_comment_fits check (length(status_comment) <= 2000),
    constraint enrollment_route_is_known check (screening_route in ('EDUCATION_ONLY', 'FULL_ASSESSMENT')),
    constraint enrollment_is_screened check (
        status in ('REFERRED', 'AWAITING_ASSESSMENT', 'NOT_SUITABLE', 'WITHDRAWN')
        or screening_route is not distinct from 'FULL_ASSESSMENT'),
    constraint enrollment_seat_has_agreement check (status not in ('ACTIVE', 'ON_HOLD') or agreement_id is not null),
    constraint enrollment_seat_has_counsellor check (status not in ('ACTIVE', 'ON_HOLD') or counsellor_id is not null)
);
create unique index enrollment_one_open_case on enrollment.enrollment (participant_id, programme_id)
    where status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD');
create index enrollment_by_participant on enrollment.enrollment (participant_id);
create index enrollment_by_prison on enrollment.enrollment (prison_id, status, id);
create index enrollment_by_counsellor on enrollment.enrollment (counsellor_id, id) where counsellor_id is not null;
create index enrollment_by_seat on enrollment.enrollment (agreement_id, id) where status in ('ACTIVE', 'ON_HOLD');

-- Written by the case's trigger alone. Small and read by case for as long as there is a case, so not split by month.
create table enrollment.enrollment_move (
    enrollment_id uuid not null,
    -- The case's version after the move.
    version integer not null,
    from_status text,
    to_status text not null,
    -- Where and under which agreement the case is after it.
    prison_id uuid not null,
    agreement_id uuid,
    reason text,
    comment text,
    moved_by uuid default context.user_id(),
    moved_at timestamptz not null default context.now(),
    constraint enrollment_move_pkey primary key (enrollment_id, version),
    constraint enrollment_move_of_case foreign key (enrollment_id) references enrollment.enrollment (id)
);

alter table enrollment.enrollment enable row level security;
alter table enrollment.enrollment force row level security;
create policy enrollment_scope on enrollment.enrollment
    using ((select context.every_prison()) or prison_id = (select context.prison_id()));
-- The history goes with the case, also to another prison. Nobody but the trigger may insert.
alter table enrollment.enrollment_move enable row level security;
alter table enrollment.enrollment_move force row level security;
create policy enrollment_move_scope on enrollment.enrollment_move for select
    using (exists (select from enrollment.enrollment e where e.id = enrollment_id));
create policy enrollment_move_written on enrollment.enrollment_move for insert with check (true);

grant select on enrollment.status, enrollment.allowed_move, enrollment.move_reason_category, enrollment.move_reason,
    enrollment.move_reason_for, enrollment.enrollment, enrollment.enrollment_move to pulih_enrollment;
grant insert, update on enrollment.enrollment to pulih_enrollment;
