-- Cooperation agreements (PKS): on which day which prison and programme are covered, and how many seats there are.
create extension if not exists btree_gist;

create table enrollment.agreement (
    id uuid not null,
    prison_id uuid not null,
    number text not null,
    foundation_signatory_name text not null,
    foundation_signatory_position text not null,
    prison_signatory_name text not null,
    prison_signatory_position text not null,
    valid_from date not null,
    valid_until date not null,
    seats integer not null,
    -- Seats held now: cases ACTIVE or ON_HOLD. Kept by the cases' trigger alone.
    seats_taken integer not null default 0,
    visits_per_month integer not null,
    -- How long running care may go on after the last day.
    run_off_days integer not null default 0,
    renews_id uuid,
    signed_on date,
    -- Last day of an agreement that was ended early.
    ended_on date,
    end_comment text,
    -- First day of the renewal that takes over; set when that one is signed.
    replaced_from date,
    status text not null generated always as (
        case when signed_on is null then 'DRAFT' when ended_on is null then 'SIGNED' else 'ENDED' end) stored,
    -- The days on which cases may become active under it; empty while it is a draft.
    force daterange not null generated always as (
        case when signed_on is null then 'empty'::daterange
        else daterange(valid_from, least(valid_until, ended_on, replaced_from - 1), '[]') end) stored,
    run_off_until date not null generated always as (least(valid_until, ended_on) + run_off_days) stored,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    constraint agreement_pkey primary key (id),
    constraint agreement_with_prison foreign key (prison_id) references enrollment.prison (id),
    constraint agreement_renews_one_of_its_prison foreign key (renews_id, prison_id)
        references enrollment.agreement (id, prison_id),
    constraint agreement_of_prison unique (id, prison_id),
    constraint agreement_in_force_key unique (id, prison_id, force),
    constraint agreement_number_is_unique unique (prison_id, number),
    constraint agreement_number_is_given check (length(number) between 1 and 100),
    constraint agreement_foundation_signatory_is_given check (
        length(foundation_signatory_name) between 1 and 200 and length(foundation_signatory_position) between 1 and 200),
    constraint agreement_prison_signatory_is_given check (
        length(prison_signatory_name) between 1 and 200 and length(prison_signatory_position) between 1 and 200),
    constraint agreement_runs_forward check (valid_from <= valid_until),
    constraint agreement_has_seats check (seats between 1 and 10000),
    constraint agreement_seats_not_oversubscribed check (seats_taken between 0 and seats),
    constraint agreement_visits_are_counted check (visits_per_month between 0 and 1000),
    constraint agreement_run_off_is_short check (run_off_days between 0 and 366),
    constraint agreement_ends_within_its_time check (ended_on between valid_from and valid_until),
    constraint agreement_ends_only_signed check (ended_on is null or signed_on is not null)
);
create unique index agreement_renewed_once on enrollment.agreement (renews_id) where signed_on is not null;
create index agreement_by_end on enrollment.agreement (valid_until, id);

-- The programmes covered. `force` follows the agreement's, so that one day has one agreement per prison and programme.
create table enrollment.agreement_programme (
    agreement_id uuid not null,
    programme_id uuid not null,
    prison_id uuid not null,
    force daterange not null,
    constraint agreement_programme_once primary key (agreement_id, programme_id),
    constraint agreement_programme_of_agreement foreign key (agreement_id, prison_id, force)
        references enrollment.agreement (id, prison_id, force) on update cascade,
    constraint agreement_covers_known_programme foreign key (programme_id) references enrollment.programme (id),
    constraint agreement_alone_in_force exclude using gist (prison_id with =, programme_id with =, force with &&)
);

-- What is signed stays: only these changes are made to an agreement, each once.
create function enrollment.change_agreement() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    renewed enrollment.agreement;
begin
    -- A second signing or ending changes nothing.
    new.signed_on := coalesce(old.signed_on, new.signed_on);
    if old.ended_on is not null then
        new.ended_on := old.ended_on;
        new.end_comment := old.end_comment;
    end if;
    if (new.signed_on, new.ended_on, new.replaced_from)
            is not distinct from (old.signed_on, old.ended_on, old.replaced_from) then
        return new;
    end if;
    new.version := old.version + 1;
    if old.signed_on is null and new.renews_id is not null then
        select * into renewed from enrollment.agreement where id = new.renews_id for no key update;
        -- No day between the two without an agreement, and the first keeps at least its first day.
        if renewed.signed_on is null or new.valid_from <= renewed.valid_from
                or new.valid_from > least(renewed.valid_until, renewed.ended_on) + 1 then
            raise exception 'renewal must follow its agreement' using errcode = 'check_violation',
                constraint = 'agreement_renewal_leaves_no_gap',
                detail = jsonb_build_object('number', renewed.number, 'from', renewed.valid_from + 1,
                    'until', least(renewed.valid_until, renewed.ended_on) + 1);
        end if;
        update enrollment.agreement set replaced_from = new.valid_from where id = new.renews_id;
    end if;
    if old.signed_on is null and not exists
            (select from enrollment.agreement_programme p where p.agreement_id = new.id) then
        raise exception 'no programme' using errcode = 'check_violation', constraint = 'agreement_covers_a_programme';
    end if;
    return new;
end
$$;
create trigger change_agreement before update of signed_on, ended_on, replaced_from on enrollment.agreement
    for each row execute function enrollment.change_agreement();

create function enrollment.tell_agreement() returns trigger
language plpgsql as $$
begin
    if old.signed_on is null and new.signed_on is not null then
        perform event.emit('enrollment.agreement_signed', new.prison_id, new.id, new.version);
    end if;
    if old.ended_on is null and new.ended_on is not null then
        perform event.emit('enrollment.agreement_ended', new.prison_id, new.id, new.version);
    end if;
    return null;
end
$$;
create trigger tell_agreement after update of signed_on, ended_on on enrollment.agreement
    for each row execute function enrollment.tell_agreement();

alter table enrollment.agreement enable row level security;
alter table enrollment.agreement force row level security;
create policy agreement_scope on enrollment.agreement
    using ((select context.every_prison()) or prison_id = (select context.prison_id()));
alter table enrollment.agreement_programme enable row level security;
alter table enrollment.agreement_programme force row level security;
create policy agreement_programme_scope on enrollment.agreement_programme
    using ((select context.every_prison()) or prison_id = (select context.prison_id()));
create policy agreement_programme_of_draft on enrollment.agreement_programme as restrictive for insert
    with check (isempty(force));

grant select, insert on enrollment.agreement, enrollment.agreement_programme to pulih_enrollment;
grant update (id, signed_on, ended_on, end_comment) on enrollment.agreement to pulih_enrollment;

-- The day it is now in a prison.
create function enrollment.today(prison_id uuid) returns date
language sql stable
return (select (context.now() at time zone p.time_zone)::date from enrollment.prison p where p.id = today.prison_id);

create function enrollment.programmes_of(agreement_id uuid) returns uuid[]
language sql stable
return array(
    select p.programme_id from enrollment.agreement_programme p
    where p.agreement_id = programmes_of.agreement_id order by p.programme_id);

-- Where an agreement stands on a day.
create function enrollment.agreement_state(a enrollment.agreement, day date) returns text
language sql immutable
return case
    when a.signed_on is null then 'DRAFT'
    when day < a.valid_from then 'UPCOMING'
    when a.force @> day then 'IN_FORCE'
    when day <= a.run_off_until then 'RUN_OFF'
    else 'EXPIRED'
end;
