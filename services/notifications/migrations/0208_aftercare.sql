-- People in aftercare are told of their sessions, as long as they agree. What they get is neutral: no prison, no kind.
-- locks: there are a few dozen rules in all
alter table notifications.rule add constraint rule_aftercare_stands_alone
    check (not 'AFTERCARE' = any (audience) or audience = '{AFTERCARE}');

insert into notifications.template (key, language, occasion, subject, body) values
('AFTERCARE_UPCOMING', 'id', 'SESSION_UPCOMING', 'Pengingat janji temu: {{day}}, {{time}}',
'Mengingatkan janji temu Anda: {{day}}, {{time}}, {{room}}.
'),
('AFTERCARE_UPCOMING', 'en', 'SESSION_UPCOMING', 'Appointment reminder: {{day}}, {{time}}',
'A reminder of your appointment: {{day}}, {{time}}, {{room}}.
'),
('AFTERCARE_CHANGED', 'id', 'SESSION_CHANGED', 'Janji temu berubah: {{day}}, {{time}}',
'{{#yours}}Janji temu Anda berubah menjadi {{day}}, {{time}}, {{room}}.{{/yours}}{{^yours}}Anda tidak perlu datang pada janji temu {{day}}, {{time}}.{{/yours}}
'),
('AFTERCARE_CHANGED', 'en', 'SESSION_CHANGED', 'Appointment changed: {{day}}, {{time}}',
'{{#yours}}Your appointment is now {{day}}, {{time}}, {{room}}.{{/yours}}{{^yours}}You need not come to the appointment of {{day}}, {{time}}.{{/yours}}
'),
('AFTERCARE_CANCELLED', 'id', 'SESSION_CANCELLED', 'Janji temu dibatalkan: {{day}}, {{time}}',
'Janji temu Anda pada {{day}}, {{time}} dibatalkan.
'),
('AFTERCARE_CANCELLED', 'en', 'SESSION_CANCELLED', 'Appointment cancelled: {{day}}, {{time}}',
'Your appointment of {{day}}, {{time}} is cancelled.
');

insert into notifications.rule (key, occasion, built_in, days_before, at_time, audience, template, useful_for) values
('AFTERCARE_DAY_BEFORE', 'SESSION_UPCOMING', true, 1, '18:00', '{AFTERCARE}', 'AFTERCARE_UPCOMING', '12 hours'),
('AFTERCARE_CHANGED', 'SESSION_CHANGED', true, null, null, '{AFTERCARE}', 'AFTERCARE_CHANGED', '7 days'),
('AFTERCARE_CANCELLED', 'SESSION_CANCELLED', true, null, null, '{AFTERCARE}', 'AFTERCARE_CANCELLED', '7 days');

-- Everybody who can be told something: staff, and people in aftercare, who are active as long as they agree.
create view notifications.recipient with (security_invoker) as
select id, name, email, phone, language, prison_id, roles, active, null::text[] as channels
from identity.staff_contact
union all
select participant_id, notifications.initials(name), email, phone, language, prison_id, array['AFTERCARE'], agreed, channels
from enrollment.aftercare_contact_published;
grant select on notifications.recipient to pulih_notifications;

create or replace view notifications.session_news with (security_invoker) as
select r.key as rule, r.occasion, r.useful_for, s.id as session_id, s.version, s.prison_id, s.starts_at, a.recipient_id
from notifications.rule r
join scheduling.session_published s
    on r.occasion = case s.status when 'CANCELLED' then 'SESSION_CANCELLED' else 'SESSION_CHANGED' end
cross join lateral (
    select recipient_id from notifications.audience_of(r.audience, s.prison_id, s.counsellor_ids)
    union
    select m.participant_id from scheduling.session_participant_published m
    join enrollment.aftercare_contact_published c on c.participant_id = m.participant_id and c.agreed
    where m.session_id = s.id and 'AFTERCARE' = any (r.audience)
    union
    -- Whom another audience's rule told is no business of this one.
    select d.recipient_id from notifications.delivery d
    join notifications.rule told on told.key = d.rule
        and ('AFTERCARE' = any (told.audience)) = ('AFTERCARE' = any (r.audience))
    where d.subject_id = s.id and d.subject_version < s.version
) a
where r.enabled;

-- Their reminders. They are few, and come and go without a new version of their session, so all of them are looked at: whenever a
-- day begins, a rule, a contact or a consent changes; and where sessions change, those. What fell due while word of it was on the way,
-- `since` it happened, goes out as long as it is of use.
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
        where c.agreed and s.due_at > coalesce(since, context.now()) and s.useful_until > context.now()
            and (session_ids is null or m.session_id = any (session_ids))
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

-- How many are new.
create or replace function notifications.plan_days() returns integer
language plpgsql as $$
declare
    planned integer;
begin
    insert into notifications.delivery (rule, subject_id, day, recipient_id, prison_id, due_at, useful_until)
    select rule, subject_id, day, recipient_id, prison_id, due_at, useful_until
    from notifications.day_notice
    on conflict on constraint delivery_is_planned_once do nothing;
    get diagnostics planned = row_count;
    return planned + notifications.plan_aftercare();
end
$$;

-- As in 0063, but what came is taken before it is looked at, and who agrees to be told is planned for. Who agrees no more is seen when a notice is composed.
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

-- As in 0063, and:
-- what came is taken before it is looked at (event.taken() says why);
-- of what was made cancelled nobody is told, since nobody was told of it;
-- where many sessions change at once, the news waits for a moment: a storm comes in more than one batch of events, and whoever has little
-- in the first would be told of that alone;
-- what recorded attendance calls for is planned, and what those in aftercare are to be told.
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

-- Whatever a template says, the prison and what it is about stay out of it.
create function notifications.aftercare_fields(session_id uuid, participant_id uuid, language text) returns jsonb
language sql stable
return (select notifications.session_fields(s, p, aftercare_fields.language) || jsonb_build_object('prison', '', 'count', 1,
        'kind', case aftercare_fields.language when 'en' then 'appointment' else 'janji temu' end,
        'yours', exists (select from scheduling.session_participant_published m
            where m.session_id = s.id and m.participant_id = aftercare_fields.participant_id))
    from scheduling.session_published s
    join enrollment.prison_published p on p.id = s.prison_id
    where s.id = aftercare_fields.session_id);

create or replace function notifications.fields_of(occasion text, subject_id uuid, recipient_id uuid, day date,
    waiting_days integer, language text) returns jsonb
language plpgsql stable
as $$
begin
    case occasion
    when 'DAY_ROSTER' then return notifications.roster_fields(subject_id, day, language);
    when 'ATTENDANCE_UNMARKED' then return notifications.unmarked_fields(subject_id, day, language);
    when 'CASES_WAITING' then return notifications.waiting_fields(subject_id, day, waiting_days, language);
    when 'SESSIONS_MISSED' then return notifications.missed_fields(subject_id, recipient_id, waiting_days, language);
    when 'AGREEMENT_EXPIRING' then return notifications.agreement_fields(subject_id, language);
    when 'WEEK_DIGEST' then return notifications.digest_fields(day, language);
    when 'SUMMARY' then return notifications.summary_fields(subject_id, recipient_id, language);
    when 'TEST' then
        return (select jsonb_build_object('name', s.name,
                'day', notifications.say_day((context.now() at time zone 'Asia/Jakarta')::date, fields_of.language))
            from identity.staff_published s
            where s.id = fields_of.recipient_id);
    else
        if not exists (select from identity.staff_published s where s.id = fields_of.recipient_id) then
            return notifications.aftercare_fields(subject_id, recipient_id, language);
        end if;
        -- The three about one session. `yours` is false for a counsellor who is in it no more.
        return (select notifications.session_fields(s, p, fields_of.language)
                || jsonb_build_object('yours', staff.prison_id is not null or staff.id = any (s.counsellor_ids))
            from scheduling.session_published s
            join enrollment.prison_published p on p.id = s.prison_id
            join identity.staff_published staff on staff.id = fields_of.recipient_id
            where s.id = fields_of.subject_id);
    end case;
end
$$;
