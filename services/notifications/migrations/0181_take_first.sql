-- The functions of 0063, taking what came before they look at it (event.taken() says why); apply_scheduling() is in 0189.
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

create or replace function notifications.apply_enrollment(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'enrollment', previous, events);
begin
    with signed as materialized (
        select distinct prison_id
        from unnest(taken)
        where type in ('enrollment.agreement_signed', 'enrollment.agreement_ended')
    ), gone as (
        delete from notifications.outbox q
        using signed s
            join enrollment.agreement_published a on a.prison_id = s.prison_id and (a.renewed or a.status <> 'SIGNED')
            join notifications.delivery d on d.subject_id = a.id
        where q.delivery_id = d.id and q.next_at is not null and q.lease_until is null
        returning q.delivery_id, q.attempt
    )
    update notifications.delivery d
    set state = 'SUPERSEDED', cause = 'CHANGED', settled_at = context.now(), attempt = gone.attempt
    from gone
    where d.id = gone.delivery_id;
    return event.standing('notifications', 'enrollment');
end
$$;

create or replace function notifications.apply_notifications(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'notifications', previous, events);
    changed text[];
begin
    select array_agg(distinct r.key) into changed
    from unnest(taken) e
    join notifications.rule r on r.id = e.subject_id
    where e.type = 'notifications.rule_changed' and r.enabled;
    if changed is not null then
        with reminder as materialized (
            select rule, session_id, version, prison_id, recipient_id, due_at, useful_until
            from notifications.session_reminder
            where rule = any (changed) and starts_at > context.now() and due_at > context.now()
        ), moved as (
            update notifications.outbox q
            set next_at = r.due_at
            from reminder r
            join notifications.delivery d on d.subject_id = r.session_id and d.rule = r.rule
                and d.subject_version = r.version and d.recipient_id = r.recipient_id and d.due_at <> r.due_at
            where q.delivery_id = d.id and q.next_at is not null and q.lease_until is null
            returning q.delivery_id, r.due_at, r.useful_until
        ), told as (
            update notifications.delivery d
            set due_at = moved.due_at, useful_until = moved.useful_until
            from moved
            where d.id = moved.delivery_id
        )
        insert into notifications.delivery
            (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
        select rule, session_id, version, recipient_id, prison_id, due_at, useful_until
        from reminder
        on conflict on constraint delivery_is_planned_once do nothing;
        perform notifications.plan_days();
    end if;
    return event.standing('notifications', 'notifications');
end
$$;
