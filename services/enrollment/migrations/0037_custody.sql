-- A person moves to another prison or is released: what that does to the cases.

-- Locks a person's cases, then every agreement that one of them has a seat under or could get one under at `prison`.
create function enrollment.lock_cases(person uuid, prison uuid) returns void
language plpgsql as $$
begin
    perform from enrollment.enrollment e where e.participant_id = person order by e.id for update;
    perform from enrollment.agreement a
    where a.id in (
        select unnest(array[e.agreement_id, enrollment.agreement_in_force(prison, e.programme_id)])
        from enrollment.enrollment e where e.participant_id = person and e.status in ('ACTIVE', 'ON_HOLD'))
    order by a.id for update;
end
$$;

-- Open cases and those that wait for aftercare go along; what ended for good stays where it ended. A seat is taken at the
-- new prison if its agreement has one for the programme; else the case waits there.
create function enrollment.follow_participant() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    case_ enrollment.enrollment;
    seat_under uuid;
begin
    perform enrollment.lock_cases(new.id, new.prison_id);
    for case_ in
        select e.* from enrollment.enrollment e
        where e.participant_id = new.id and e.status not in ('NOT_SUITABLE', 'WITHDRAWN', 'AFTERCARE', 'CLOSED')
        order by e.id
    loop
        if case_.status in ('ACTIVE', 'ON_HOLD') then
            select a.id into seat_under from enrollment.agreement a
            where a.id = enrollment.agreement_in_force(new.prison_id, case_.programme_id) and a.seats_taken < a.seats;
            case_.agreement_id := seat_under;
            case_.status := case when seat_under is null then 'WAITLISTED' else case_.status end;
        end if;
        update enrollment.enrollment
        set prison_id = new.prison_id, status = case_.status, agreement_id = case_.agreement_id,
            status_reason = 'TRANSFERRED', status_comment = null
        where id = case_.id;
    end loop;
    return null;
end
$$;
create trigger follow_participant after update of prison_id on enrollment.participant
    for each row when (old.prison_id <> new.prison_id) execute function enrollment.follow_participant();

-- Permanent release removes waiting cases and opens aftercare for the others.
create function enrollment.release_participant() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform enrollment.lock_cases(new.id, null);
    update enrollment.enrollment e
    set status = case e.status when 'ON_HOLD' then 'ENDED_EARLY' else 'WITHDRAWN' end,
        status_reason = 'RELEASED', status_comment = null
    where e.participant_id = new.id
        and e.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ON_HOLD');
    update enrollment.enrollment e
    set status = 'AFTERCARE', status_reason = 'RELEASED', status_comment = null
    where e.participant_id = new.id and e.status in ('ACTIVE', 'COMPLETED', 'ENDED_EARLY');
    perform event.emit('enrollment.participant_released', new.prison_id, new.id, new.version);
    return null;
end
$$;
create trigger release_participant after update of released_on on enrollment.participant
    for each row when (old.released_on is null and new.released_on is not null)
    execute function enrollment.release_participant();
