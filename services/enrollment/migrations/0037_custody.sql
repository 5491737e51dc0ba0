-- A person moves to another prison or is released: what that does to the cases.

-- Open cases and those that wait for aftercare go along; what ended for good stays where it ended. A seat is taken at the
-- new prison if its agreement has one for the programme; else the case waits there.
create function enrollment.follow_participant() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    case_ enrollment.enrollment;
    agreement uuid;
    has_seat boolean;
begin
    for case_ in
        select e.* from enrollment.enrollment e
        where e.participant_id = new.id
            and e.status not in ('NOT_SUITABLE', 'WITHDRAWN', 'AFTERCARE', 'CLOSED')
        order by e.id for update
    loop
        agreement := null;
        has_seat := false;
        if case_.status in ('ACTIVE', 'ON_HOLD') then
            agreement := enrollment.agreement_in_force(new.prison_id, case_.programme_id);
            perform from enrollment.agreement a where a.id in (case_.agreement_id, agreement) order by a.id for no key update;
            has_seat := coalesce(
                (select a.seats_taken < a.seats from enrollment.agreement a where a.id = agreement), false);
        end if;
        update enrollment.enrollment e
        set prison_id = new.prison_id,
            status = case when e.status in ('ACTIVE', 'ON_HOLD') and not has_seat then 'WAITLISTED' else e.status end,
            agreement_id = case
                when has_seat then agreement
                when e.status in ('ACTIVE', 'ON_HOLD') then null
                else e.agreement_id end,
            status_reason = 'TRANSFERRED', status_comment = null
        where e.id = case_.id;
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
    perform from enrollment.enrollment e where e.participant_id = new.id order by e.id for update;
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
