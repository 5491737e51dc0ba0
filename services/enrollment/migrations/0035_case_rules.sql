-- What happens when a case is made or moves. Locks are taken in one order: participant, cases by id, agreements by id.

-- A referral: complete data of a person who is here, and a programme that is published. Referrals of one person wait for
-- one another, for release and for transfer.
create function enrollment.refer_case() returns trigger
language plpgsql as $$
declare
    person record;
    missing text;
    broken text;
begin
    select p.prison_id, p.released_on, p.offence_articles, p.sentence_start, p.two_thirds_on, p.expected_release_on, g.edition
    into person
    from enrollment.participant p
    left join enrollment.programme g on g.id = new.programme_id
    where p.id = new.participant_id
    for no key update of p;
    if not found then
        broken := 'enrollment_of_participant';
    elsif person.released_on is not null then
        broken := 'participant_is_in_prison';
    elsif person.edition is null then
        broken := 'enrollment_in_published_programme';
    elsif cardinality(person.offence_articles) = 0 or person.sentence_start is null or person.two_thirds_on is null
            or person.expected_release_on is null then
        broken := 'enrollment_referral_is_complete';
        missing := concat_ws(', ', case when cardinality(person.offence_articles) = 0 then 'offence_articles' end,
            case when person.sentence_start is null then 'sentence_start' end,
            case when person.two_thirds_on is null then 'two_thirds_on' end,
            case when person.expected_release_on is null then 'expected_release_on' end);
    end if;
    -- A repeat of a referral that was made is none of this trigger's business.
    if broken is not null and not exists (select from enrollment.enrollment e where e.id = new.id) then
        raise exception 'can''t be referred' using errcode = 'check_violation', constraint = broken,
            detail = jsonb_build_object('missing', missing);
    end if;
    new.prison_id := person.prison_id;
    new.programme_edition := person.edition;
    new.previous_status := null;
    return new;
end
$$;
create trigger refer_case before insert on enrollment.enrollment
    for each row execute function enrollment.refer_case();

-- The agreement under which a case of this programme can become active here today.
create function enrollment.agreement_in_force(prison_id uuid, programme_id uuid) returns uuid
language sql stable
return (
    select p.agreement_id from enrollment.agreement_programme p
    where p.prison_id = agreement_in_force.prison_id and p.programme_id = agreement_in_force.programme_id
        and p.force @> enrollment.today(agreement_in_force.prison_id));

-- Moves the cases of the agreement that `renewal` renews to it, once it is in force: as many as it has seats, those longest
-- in the programme first. The rest stay under the run-off of the old one until a seat is free. Safe to call at any time.
create function enrollment.take_over(renewal uuid) returns integer
language plpgsql security definer set search_path = '' as $$
declare
    renewed uuid;
    moved integer;
begin
    select o.id into renewed
    from enrollment.agreement r
    join enrollment.agreement o on o.id = r.renews_id
    where r.id = renewal and o.seats_taken > 0 and r.force @> enrollment.today(r.prison_id);
    if not found then
        return 0;
    end if;
    perform from enrollment.enrollment e
    where e.agreement_id = renewed and e.status in ('ACTIVE', 'ON_HOLD') order by e.id for update;
    perform from enrollment.agreement a where a.id in (renewed, renewal) order by a.id for update;
    update enrollment.enrollment set agreement_id = renewal, status_reason = 'AGREEMENT_RENEWED', status_comment = null
    where id in (
        select e.id from enrollment.enrollment e
        join enrollment.agreement_programme p on p.agreement_id = renewal and p.programme_id = e.programme_id
        where e.agreement_id = renewed and e.status in ('ACTIVE', 'ON_HOLD')
        order by e.started_on, e.id
        limit (select a.seats - a.seats_taken from enrollment.agreement a where a.id = renewal));
    get diagnostics moved = row_count;
    return moved;
end
$$;

-- Does that for one agreement whose renewal is in force and has seats. Returns how many cases it moved.
create function enrollment.take_over_renewals() returns integer
language plpgsql security definer set search_path = '' as $$
declare
    renewal uuid;
    moved integer := 0;
begin
    for renewal in
        select r.id
        from enrollment.agreement r
        join enrollment.agreement o on o.id = r.renews_id
        where r.replaced_from is null and r.seats_taken < r.seats and o.seats_taken > 0
            and r.force @> enrollment.today(r.prison_id)
        order by r.id
    loop
        moved := enrollment.take_over(renewal);
        exit when moved > 0;
    end loop;
    return moved;
end
$$;

-- A move: is there such a move, may it be made, and what else does it change?
create function enrollment.move_case() returns trigger
language plpgsql as $$
declare
    move enrollment.allowed_move;
    transferred boolean := new.prison_id <> old.prison_id;
begin
    if new.counsellor_id is distinct from old.counsellor_id and not exists (
            select from identity.staff_published s
            where s.id = new.counsellor_id and s.active and 'COUNSELLOR' = any (s.roles)) then
        raise exception 'not a counsellor' using errcode = 'check_violation', constraint = 'enrollment_counsellor_is_one';
    end if;
    if new.status = old.status and not transferred and new.agreement_id is not distinct from old.agreement_id then
        -- It is there already; at most it is screened, or another counsellor takes it.
        new.status_reason := old.status_reason;
        new.status_comment := old.status_comment;
        new.version := old.version +
            ((new.counsellor_id, new.screening_route) is distinct from (old.counsellor_id, old.screening_route))::integer;
        return new;
    end if;
    new.version := old.version + 1;
    if new.status = old.status then
        return new;
    end if;
    select m.* into move from enrollment.allowed_move m
    where m.from_status = old.status and m.to_status = new.status
        and (transferred or not m.on_transfer)
        and (not m.on_release
            or exists (select from enrollment.participant p where p.id = new.participant_id and p.released_on is not null));
    if not found then
        raise exception 'no move from % to %', old.status, new.status using errcode = 'check_violation',
            constraint = 'enrollment_move_is_allowed', detail = jsonb_build_object('from', old.status, 'to', new.status);
    end if;
    if move.needs_consent and not enrollment.consents_to(new.participant_id, 'TREATMENT') then
        raise exception 'no consent' using errcode = 'check_violation', constraint = 'enrollment_has_treatment_consent';
    end if;
    new.previous_status := old.status;
    new.status_since := context.now();
    if new.status = 'ACTIVE' and old.status = 'WAITLISTED' then
        new.agreement_id := enrollment.agreement_in_force(new.prison_id, new.programme_id);
        perform enrollment.take_over(new.agreement_id);
        if new.started_on is null then
            new.started_on := enrollment.today(new.prison_id);
            new.programme_edition := (select p.edition from enrollment.programme p where p.id = new.programme_id);
        end if;
    end if;
    if new.status = 'ACTIVE' and not exists (
            select from enrollment.agreement a
            where a.id = new.agreement_id and enrollment.today(a.prison_id) <= a.run_off_until) then
        raise exception 'no agreement' using errcode = 'check_violation', constraint = 'enrollment_agreement_is_in_force';
    end if;
    if new.status in ('ACTIVE', 'ON_HOLD') <> old.status in ('ACTIVE', 'ON_HOLD') then
        -- For the seat. Before the foreign key's own check: its weaker lock, held by two who both want this one, would be
        -- a deadlock.
        perform from enrollment.agreement a where a.id in (old.agreement_id, new.agreement_id) order by a.id for update;
    end if;
    return new;
end
$$;
create trigger move_case before update on enrollment.enrollment
    for each row execute function enrollment.move_case();

-- Hot, and so without a search_path of its own: see event.emit().
create function enrollment.note_referral() returns trigger
language plpgsql security definer as $$
begin
    insert into enrollment.enrollment_move (enrollment_id, version, to_status, prison_id, comment)
    values (new.id, new.version, new.status, new.prison_id, new.status_comment);
    perform event.emit('enrollment.case_referred', new.prison_id, new.id, new.version);
    return null;
end
$$;
create trigger note_referral after insert on enrollment.enrollment
    for each row execute function enrollment.note_referral();

-- History, seats and events of a move. Seats are a counter on the agreement's row with a check: under any number of
-- activations at once each waits for the row, and one too many breaks the check.
create function enrollment.note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    seat_before uuid := case when old.status in ('ACTIVE', 'ON_HOLD') then old.agreement_id end;
    seat_after uuid := case when new.status in ('ACTIVE', 'ON_HOLD') then new.agreement_id end;
begin
    insert into enrollment.enrollment_move
        (enrollment_id, version, from_status, to_status, prison_id, agreement_id, reason, comment)
    values (new.id, new.version, old.status, new.status, new.prison_id, new.agreement_id, new.status_reason,
        new.status_comment);
    if seat_before is distinct from seat_after then
        update enrollment.agreement set seats_taken = seats_taken + case id when seat_after then 1 else -1 end
        where id in (seat_before, seat_after);
    end if;
    if new.status <> old.status then
        perform event.emit('enrollment.case_' || lower(new.status), new.prison_id, new.id, new.version);
    end if;
    if new.prison_id <> old.prison_id then
        -- Belongs to the prison that the person has left: it is there that sessions end.
        perform event.emit('enrollment.case_transferred', old.prison_id, new.id, new.version);
    end if;
    return null;
end
$$;
create trigger note_move after update on enrollment.enrollment
    for each row
    when (old.status <> new.status or old.prison_id <> new.prison_id
        or old.agreement_id is distinct from new.agreement_id)
    execute function enrollment.note_move();

create function enrollment.note_counsellor() returns trigger
language plpgsql as $$
begin
    perform event.emit('enrollment.case_assigned', new.prison_id, new.id, new.version);
    return null;
end
$$;
create trigger note_counsellor after update on enrollment.enrollment
    for each row
    when (old.status = new.status and old.prison_id = new.prison_id
        and old.counsellor_id is distinct from new.counsellor_id)
    execute function enrollment.note_counsellor();

-- Worth knowing about a case: it would be finished only after the person is expected to be free. Not in SQL: PostgreSQL
-- keeps no plan of such a function from one statement to the next, which costs a referral a fifth of its time.
create function enrollment.case_warnings(c enrollment.enrollment) returns text[]
language plpgsql stable as $$
begin
    return array(
        select 'FINISH_AFTER_RELEASE'
        from enrollment.participant p
        join enrollment.programme_edition e on e.programme_id = c.programme_id and e.edition = c.programme_edition
        where p.id = c.participant_id
            and c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD')
            and coalesce(c.started_on, (context.now() at time zone 'UTC')::date) + e.planned_weeks * 7
                > p.expected_release_on);
end
$$;

-- Functions that run as the owner are the service's alone.
revoke all on function enrollment.take_over(uuid), enrollment.take_over_renewals() from public;
grant execute on function enrollment.take_over(uuid), enrollment.take_over_renewals() to pulih_enrollment;

-- Only the triggers and the functions above write the rest.
revoke insert, update on enrollment.enrollment from pulih_enrollment;
grant insert (id, participant_id, programme_id, status_comment),
    update (id, counsellor_id, status, status_reason, status_comment) on enrollment.enrollment to pulih_enrollment;
