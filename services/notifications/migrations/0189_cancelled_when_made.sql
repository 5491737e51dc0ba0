-- A session that was cancelled when it was made is no news: nobody was told of it before.
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
    ), planned as (
        select r.rule, c.session_id, c.version, r.recipient_id, r.prison_id, r.due_at, r.useful_until
        from change c
        join notifications.session_reminder r on r.session_id = c.session_id and r.version = c.version
        where r.due_at > c.occurred_at
        union all
        select n.rule, c.session_id, c.version, n.recipient_id, n.prison_id, c.occurred_at,
            least(c.occurred_at + n.useful_for, n.starts_at)
        from change c
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
    return event.standing('notifications', 'scheduling');
end
$$;
