-- Who is told what, when. A plan is an insert that can be repeated: delivery_is_planned_once keeps the first.

-- People a rule is for, at a prison and, where there is one, in a session. Inlined into the queries that use it.
create function notifications.audience_of(audience text[], prison_id uuid, counsellor_ids uuid[])
returns table (recipient_id uuid)
language sql stable
as $$
    select counsellor_id from unnest(counsellor_ids) as counsellor_id where 'COUNSELLOR' = any (audience)
    union
    select p.id from identity.staff_contact p where p.prison_id = audience_of.prison_id and p.active and p.roles && audience
    union
    select p.id from identity.staff_contact p
    where 'COORDINATOR' = any (audience) and p.prison_id is null and p.active and 'COORDINATOR' = any (p.roles)
$$;

-- Every reminder that the sessions as they stand call for.
create view notifications.session_reminder with (security_invoker) as
select r.key as rule, s.id as session_id, s.version, s.prison_id, s.starts_at, a.recipient_id, due.at as due_at,
    least(due.at + r.useful_for, s.starts_at) as useful_until
from notifications.rule r
join scheduling.session_published s on s.status = 'SCHEDULED'
join enrollment.prison_published z on z.id = s.prison_id
cross join lateral (select coalesce(s.starts_at - r.lead,
    ((s.starts_at at time zone z.time_zone)::date - r.days_before + r.at_time) at time zone z.time_zone) as at) due
cross join lateral notifications.audience_of(r.audience, s.prison_id, s.counsellor_ids) a
where r.occasion = 'SESSION_UPCOMING' and r.enabled;

-- News of a change or a cancellation also goes to whoever was, or was to be, told of the session before: a counsellor who
-- is in it no more must hear of it, too.
create view notifications.session_news with (security_invoker) as
select r.key as rule, r.occasion, r.useful_for, s.id as session_id, s.version, s.prison_id, s.starts_at, a.recipient_id
from notifications.rule r
join scheduling.session_published s
    on r.occasion = case s.status when 'CANCELLED' then 'SESSION_CANCELLED' else 'SESSION_CHANGED' end
cross join lateral (
    select recipient_id from notifications.audience_of(r.audience, s.prison_id, s.counsellor_ids)
    union
    select d.recipient_id from notifications.delivery d where d.subject_id = s.id and d.subject_version < s.version
) a
where r.enabled;

-- What scheduling's events call for: old versions' reminders go, the new version's are planned, the news is told. A
-- reminder whose time had passed when the session got this version isn't planned; one whose time passed while we were
-- away is, as long as it is of use. Deliveries in a sender's hands are left to it: if they come back, their claim sees
-- the new version.
create function notifications.apply_scheduling(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
begin
    with change as materialized (
        select subject_id as session_id, version, type, occurred_at
        from event.take('notifications', 'scheduling', previous, events)
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

-- Whether a case that nobody has acted on has waited `days` by this day, or a whole number of times as long.
create function notifications.waits_again(status text, since timestamptz, time_zone text, day date, days integer)
returns boolean
language sql stable parallel safe
return status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')
    and day > (since at time zone time_zone)::date and (day - (since at time zone time_zone)::date) % days = 0;

-- What goes by the local day, from a week ago (no rule is of use longer) to today, unless its use is over.
create view notifications.day_notice with (security_invoker) as
with place as (
    select p.id as prison_id, p.time_zone, (context.now() at time zone p.time_zone)::date as today
    from enrollment.prison_published p
), due as (
    select r.key as rule, r.occasion, r.audience, r.days_before, r.waiting_days, place.prison_id, place.time_zone,
        day::date as day, (day::date + r.at_time) at time zone place.time_zone as due_at, r.useful_for
    from place
    cross join generate_series(place.today - 7, place.today, interval '1 day') as day
    join notifications.rule r on r.enabled
        and r.occasion in ('DAY_ROSTER', 'ATTENDANCE_UNMARKED', 'CASES_WAITING', 'AGREEMENT_EXPIRING')
    where (day::date + r.at_time) at time zone place.time_zone + r.useful_for > context.now()
), subject as (
    -- What of it there is to say is looked at when it is sent.
    select due.*, due.prison_id as subject_id from due where due.occasion in ('DAY_ROSTER', 'ATTENDANCE_UNMARKED')
    union all
    select due.*, due.prison_id from due
    where due.occasion = 'CASES_WAITING' and exists (select from enrollment.case_published c
        where c.prison_id = due.prison_id
            and notifications.waits_again(c.status, c.status_since, due.time_zone, due.day, due.waiting_days))
    union all
    select due.*, a.id from due
    join enrollment.agreement_published a on a.prison_id = due.prison_id and a.valid_until = due.day + due.days_before
    where due.occasion = 'AGREEMENT_EXPIRING' and a.status = 'SIGNED' and not a.renewed
)
select s.rule, s.subject_id, s.day, s.prison_id, a.recipient_id, s.due_at, s.due_at + s.useful_for as useful_until
from subject s
cross join lateral notifications.audience_of(s.audience, s.prison_id, null) a
union all
select r.key, a.recipient_id, day::date, null, a.recipient_id, due.at, due.at + r.useful_for
from notifications.rule r
cross join lateral (select (context.now() at time zone r.time_zone)::date as today) place
cross join generate_series(place.today - 7, place.today, interval '1 day') as day
cross join lateral (select (day::date + r.at_time) at time zone r.time_zone as at) due
cross join lateral notifications.audience_of(r.audience, null, null) a
where r.enabled and r.occasion = 'WEEK_DIGEST' and extract(isodow from day) = r.weekday
    and due.at + r.useful_for > context.now();

-- How many are new.
create function notifications.plan_days() returns integer
language plpgsql as $$
declare
    planned integer;
begin
    insert into notifications.delivery (rule, subject_id, day, recipient_id, prison_id, due_at, useful_until)
    select rule, subject_id, day, recipient_id, prison_id, due_at, useful_until
    from notifications.day_notice
    on conflict on constraint delivery_is_planned_once do nothing;
    get diagnostics planned = row_count;
    return planned;
end
$$;

-- Somebody became prison staff or may read mail again: reminders of what lies ahead, and the day's notices. A counsellor
-- who joins a session is scheduling's event.
create function notifications.apply_identity(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    changed boolean;
begin
    with person as materialized (
        select c.id, c.prison_id, e.occurred_at
        from event.take('notifications', 'identity', previous, events) e
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

-- A renewal that was signed, or an end, takes back the agreement's ladder.
create function notifications.apply_enrollment(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
begin
    with signed as materialized (
        select distinct prison_id
        from event.take('notifications', 'enrollment', previous, events)
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

-- Our own: a changed rule moves what it has planned for sessions and plans what it had not. (A resent delivery needs
-- nothing but that its event wakes the dispatchers.)
create function notifications.apply_notifications(previous jsonb, events jsonb) returns event.position
language plpgsql as $$
declare
    changed text[];
begin
    select array_agg(distinct r.key) into changed
    from event.take('notifications', 'notifications', previous, events) e
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

grant select on notifications.session_reminder, notifications.session_news, notifications.day_notice
    to pulih_notifications;
