-- A reminder to somebody in aftercare that fell due while its event was on the way goes out, as long as it is of use; as those to staff do.
drop function notifications.plan_aftercare(uuid[]);
create function notifications.plan_aftercare(session_ids uuid[] default null, since timestamptz default null) returns integer
language plpgsql as $$
declare
    planned integer;
begin
    with reminder as materialized (
        select s.rule, s.session_id, s.version, s.prison_id, m.participant_id as recipient_id, s.due_at, s.useful_until
        from enrollment.aftercare_contact_published c
        join scheduling.session_participant_published m on m.participant_id = c.participant_id and m.occupies
            and m.starts_at > context.now()
        join notifications.session_due s on s.session_id = m.session_id and 'AFTERCARE' = any (s.audience)
        where c.agreed and s.due_at > coalesce(since, context.now()) and s.useful_until > context.now() and (session_ids is null or m.session_id = any (session_ids))
    ), moved as (
        update notifications.outbox q
        set next_at = r.due_at
        from reminder r
        join notifications.delivery d on d.subject_id = r.session_id and d.rule = r.rule
            and d.subject_version = r.version and d.recipient_id = r.recipient_id
            and (d.due_at, d.useful_until) <> (r.due_at, r.useful_until)
        where q.delivery_id = d.id and q.next_at is not null and q.lease_until is null
        returning q.delivery_id, r.due_at, r.useful_until
    ), told as (
        update notifications.delivery d
        set due_at = moved.due_at, useful_until = moved.useful_until
        from moved
        where d.id = moved.delivery_id
    )
    insert into notifications.delivery (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
    select rule, session_id, version, recipient_id, prison_id, due_at, useful_until
    from reminder
    on conflict on constraint delivery_is_planned_once do nothing;
    get diagnostics planned = row_count;
    return planned;
end
$$;

-- As in 0208, and with the time at which it happened.
create or replace function notifications.apply_enrollment(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'enrollment', previous, events);
    told_at timestamptz;
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
    select min(occurred_at) into told_at
    from unnest(taken)
    where type in ('enrollment.consent_given', 'enrollment.aftercare_contact_changed');
    if told_at is not null then
        perform notifications.plan_aftercare(since => told_at);
    end if;
    return event.standing('notifications', 'enrollment');
end
$$;

-- As in 0208, and with the time at which it happened.
create or replace function notifications.apply_scheduling(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    taken event.taken[] := event.taken('notifications', 'scheduling', previous, events);
begin
    with change as materialized (
        select subject_id as session_id, version, type, occurred_at
        from unnest(taken)
        where type in ('scheduling.session_scheduled', 'scheduling.session_changed', 'scheduling.session_cancelled')
    ), gone as (
        delete from notifications.outbox q
        using (select session_id, max(version) as version from change group by session_id) c
            join notifications.delivery d on d.subject_id = c.session_id and d.subject_version < c.version
        where q.delivery_id = d.id and q.next_at is not null and q.lease_until is null
        returning q.delivery_id, q.attempt
    ), superseded as (
        update notifications.delivery d
        set state = 'SUPERSEDED', cause = 'CHANGED', settled_at = context.now(), attempt = gone.attempt
        from gone
        where d.id = gone.delivery_id
    ), storm as (
        select case when count(distinct session_id) >= 5 then context.now() + interval '15 seconds' end as over_at
        from change
        where type <> 'scheduling.session_scheduled'
    ), planned as (
        select r.rule, c.session_id, c.version, r.recipient_id, r.prison_id, r.due_at, r.useful_until
        from change c
        join notifications.session_reminder r on r.session_id = c.session_id and r.version = c.version
        where r.due_at > c.occurred_at
        union all
        select n.rule, c.session_id, c.version, n.recipient_id, n.prison_id, coalesce(storm.over_at, c.occurred_at),
            least(c.occurred_at + n.useful_for, n.starts_at)
        from change c
        cross join storm
        join notifications.session_news n on n.session_id = c.session_id and n.version = c.version
        where c.type <> 'scheduling.session_scheduled'
            and (c.type, c.version) <> ('scheduling.session_cancelled', 1)
    )
    insert into notifications.delivery
        (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
    select rule, session_id, version, recipient_id, prison_id, due_at, useful_until
    from planned
    where useful_until > context.now()
    on conflict on constraint delivery_is_planned_once do nothing;
    perform notifications.plan_aftercare(array_agg(subject_id), min(occurred_at))
    from unnest(taken)
    where type in ('scheduling.session_scheduled', 'scheduling.session_changed')
    having count(*) > 0;
    perform notifications.plan_missed(array(select subject_id from unnest(taken)
        where type = 'scheduling.attendance_recorded'));
    return event.standing('notifications', 'scheduling');
end
$$;
