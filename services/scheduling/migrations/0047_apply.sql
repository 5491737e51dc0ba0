-- What other services' events do here.
create table scheduling.event_cursor (
    producer text not null,
    transaction xid8 not null,
    id bigint not null,
    constraint event_cursor_pkey primary key (producer)
);
grant select, insert, update on scheduling.event_cursor to pulih_scheduling;

-- Takes participants out of what is still to come where their case doesn't run (any more): what the case is now decides,
-- not the event, so that a repeated or late one does no harm. An individual session with nobody left is cancelled.
create function scheduling.settle_cases(cases uuid[]) returns void
language plpgsql
as $$
declare
    people uuid[] := array(select distinct e.participant_id from enrollment.case_published e where e.id = any (cases));
    left_sessions uuid[];
    left_series uuid[];
begin
    -- Behind the lock that booking a participant takes: what is being booked just now is seen after it.
    perform scheduling.lock('{}', '{}', people);
    with gone as (
        delete from scheduling.session_participant p
        using enrollment.case_published e
        where p.participant_id = any (people) and p.enrollment_id = any (cases) and p.starts_at > context.now()
            and p.occupies and e.id = p.enrollment_id and (e.status <> 'ACTIVE' or e.prison_id <> p.prison_id)
        returning p.session_id
    )
    select array_agg(g.session_id) into left_sessions from gone g;
    with gone as (
        delete from scheduling.series_participant p
        using enrollment.case_published e
        where p.participant_id = any (people) and p.enrollment_id = any (cases)
            and e.id = p.enrollment_id and (e.status <> 'ACTIVE' or e.prison_id <> p.prison_id)
        returning p.series_id
    )
    select array_agg(g.series_id) into left_series from gone g;
    update scheduling.session s set status = 'CANCELLED', cancel_reason = 'NO_PARTICIPANT'
    where s.id = any (left_sessions) and s.component = 'INDIVIDUAL_COUNSELLING' and s.status = 'SCHEDULED'
        and not exists (select from scheduling.session_participant p where p.session_id = s.id);
    update scheduling.series s set last_day = (context.now() at time zone z.time_zone)::date, version = s.version + 1
    from enrollment.prison z
    where s.id = any (left_series) and s.component = 'INDIVIDUAL_COUNSELLING' and z.id = s.prison_id
        and not exists (select from scheduling.series_participant p where p.series_id = s.id);
end
$$;

create function scheduling.apply_enrollment(previous jsonb, events jsonb) returns event.position
language plpgsql
as $$
declare
    cases uuid[];
begin
    select array_agg(distinct e.id) into cases
    from event.take('scheduling', 'enrollment', previous, events) t
    join enrollment.case_published e
        on e.id = t.subject_id or (t.type = 'enrollment.participant_released' and e.participant_id = t.subject_id)
    where t.type like 'enrollment.case\_%' or t.type = 'enrollment.participant_released';
    if cases is not null then
        perform scheduling.settle_cases(cases);
    end if;
    return event.standing('scheduling', 'enrollment');
end
$$;
