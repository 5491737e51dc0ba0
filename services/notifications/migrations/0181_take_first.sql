-- The functions of 0063, taking what came before they look at it (event.taken() says why): this one; apply_scheduling() and
-- apply_enrollment() in 0208, apply_notifications() in 0209.
create or replace function notifications.apply_identity(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'identity', previous, events);
    changed boolean;
begin
    with person as materialized (
        select c.id, c.prison_id, e.occurred_at
        from unnest(taken) e
        join identity.staff_contact c on c.id = e.subject_id
        where e.type = 'identity.person_changed' and c.active
    ), planned as (
        insert into notifications.delivery
            (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
        select r.rule, r.session_id, r.version, p.id, r.prison_id, r.due_at, r.useful_until
        from person p
        join notifications.session_reminder r on r.prison_id = p.prison_id and r.recipient_id = p.id
        where r.starts_at > context.now() and r.due_at > p.occurred_at and r.useful_until > context.now()
        on conflict on constraint delivery_is_planned_once do nothing
    )
    select count(*) > 0 into changed from person;
    if changed then
        perform notifications.plan_days();
    end if;
    return event.standing('notifications', 'identity');
end
$$;
