-- A changed rule moves what it has planned for sessions and plans what it had not: for all prisons and sixty days that can be a
-- million reminders. So it goes a few prisons at a time, each such slice a transaction of its own, and where it stands is kept:
-- whoever comes first goes on, also after a kill.
create table notifications.replan (
    rule text not null,
    -- Done up to and with this prison, by id. Null: from the beginning.
    after_prison uuid,
    constraint replan_pkey primary key (rule),
    constraint replan_rule_exists foreign key (rule) references notifications.rule (key)
);
grant select, insert, update, delete on notifications.replan to pulih_notifications;

-- Every planning takes all three from where they stand, and none of them is ever deleted; a third of the time of planning went
-- into looking for them once more.
alter table notifications.delivery
    drop constraint delivery_rule_exists,
    drop constraint delivery_recipient_exists,
    drop constraint delivery_prison_exists;

-- When sessions as they stand are to be reminded of, whomever.
create view notifications.session_due with (security_invoker) as
select r.key as rule, r.audience, s.id as session_id, s.version, s.prison_id, s.starts_at, s.counsellor_ids, due.at as due_at,
    least(due.at + r.useful_for, s.starts_at) as useful_until
from notifications.rule r
join scheduling.session_published s on s.status = 'SCHEDULED'
join enrollment.prison_published z on z.id = s.prison_id
cross join lateral (select coalesce(s.starts_at - r.lead,
    ((s.starts_at at time zone z.time_zone)::date - r.days_before + r.at_time) at time zone z.time_zone) as at) due
where r.occasion = 'SESSION_UPCOMING' and r.enabled;

create or replace view notifications.session_reminder with (security_invoker) as
select s.rule, s.session_id, s.version, s.prison_id, s.starts_at, a.recipient_id, s.due_at, s.useful_until
from notifications.session_due s
cross join lateral notifications.audience_of(s.audience, s.prison_id, s.counsellor_ids) a;

grant select on notifications.session_due to pulih_notifications;

-- As session_reminder says, but a prison's staff are asked for once and not for each session. How many were moved or planned.
create function notifications.plan_prisons(rule_key text, prison_ids uuid[]) returns integer
language sql
as $$
    with due as materialized (
        select rule, audience, session_id, version, prison_id, counsellor_ids, due_at, useful_until
        from notifications.session_due
        where rule = rule_key and prison_id = any (prison_ids) and starts_at > context.now() and due_at > context.now()
    ), staff as materialized (
        select p.id as prison_id, a.recipient_id
        from notifications.rule r
        cross join unnest(prison_ids) as p (id)
        cross join lateral notifications.audience_of(r.audience, p.id, '{}') a
        where r.key = rule_key
    ), reminder as materialized (
        select due.rule, due.session_id, due.version, due.prison_id, c.id as recipient_id, due.due_at, due.useful_until
        from due
        cross join unnest(due.counsellor_ids) as c (id)
        where 'COUNSELLOR' = any (due.audience)
        union
        select due.rule, due.session_id, due.version, due.prison_id, s.recipient_id, due.due_at, due.useful_until
        from due
        join staff s on s.prison_id = due.prison_id
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
        returning d.id
    ), made as (
        insert into notifications.delivery
            (rule, subject_id, subject_version, recipient_id, prison_id, due_at, useful_until)
        select rule, session_id, version, recipient_id, prison_id, due_at, useful_until
        from reminder
        on conflict on constraint delivery_is_planned_once do nothing
        returning id
    )
    select ((select count(*) from told) + (select count(*) from made))::integer
$$;

-- How many it moved or planned, and whether there is more to do. A second caller waits for the first's slice and takes the next.
create function notifications.plan_slice() returns table (planned_count integer, more boolean)
language plpgsql as $$
declare
    at notifications.replan;
    prison_ids uuid[];
begin
    planned_count := 0;
    select r.rule, r.after_prison into at from notifications.replan r order by r.rule limit 1 for update;
    if found then
        prison_ids := array(select p.id from enrollment.prison_published p
            where at.after_prison is null or p.id > at.after_prison order by p.id limit 4);
        if prison_ids = '{}' then
            delete from notifications.replan r where r.rule = at.rule;
        else
            planned_count := notifications.plan_prisons(at.rule, prison_ids);
            update notifications.replan r set after_prison = prison_ids[cardinality(prison_ids)] where r.rule = at.rule;
        end if;
    end if;
    more := exists (select from notifications.replan);
    return next;
end
$$;

-- Our own events, as in 0063, but what came is taken before it is looked at, and what a rule calls for at sessions is left to slices.
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
        insert into notifications.replan as p (rule)
        select r.key from notifications.rule r where r.key = any (changed) and r.occasion = 'SESSION_UPCOMING' order by r.key
        on conflict on constraint replan_pkey do update set after_prison = null;
        perform notifications.plan_days();
    end if;
    return event.standing('notifications', 'notifications');
end
$$;
