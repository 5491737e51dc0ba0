-- The function of 0047, taking what came before it looks at it (event.taken() says why).
create or replace function scheduling.apply_enrollment(previous jsonb, events jsonb) returns event.position
language plpgsql
as $$
declare
    taken event.taken[] := event.taken('scheduling', 'enrollment', previous, events);
    cases uuid[];
begin
    select array_agg(distinct e.id) into cases
    from unnest(taken) t
    join enrollment.case_published e
        on e.id = t.subject_id or (t.type = 'enrollment.participant_released' and e.participant_id = t.subject_id)
    where t.type like 'enrollment.case\_%' or t.type = 'enrollment.participant_released';
    if cases is not null then
        perform scheduling.settle_cases(cases);
    end if;
    return event.standing('scheduling', 'enrollment');
end
$$;
