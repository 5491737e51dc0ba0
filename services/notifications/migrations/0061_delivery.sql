-- What is to be sent to whom, when, and what became of it.

-- UUIDv7 (RFC 9562): in the order of planning, so that the tree they stand in grows at its end.
create function notifications.new_id() returns uuid
language sql volatile parallel safe
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from context.now()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
    'hex')::uuid;

create table notifications.delivery (
    id uuid not null default notifications.new_id(),
    rule text not null,
    -- A session, an agreement or a prison; the recipient for what is about the whole foundation.
    subject_id uuid not null,
    -- Of a session: a reminder belongs to one version of it.
    subject_version integer,
    -- Of what goes by the day: the local day.
    day date,
    recipient_id uuid not null,
    prison_id uuid,
    planned_at timestamptz not null default context.now(),
    due_at timestamptz not null,
    useful_until timestamptz not null,
    state text not null default 'PENDING',
    -- Why it is SUPERSEDED or DEAD.
    cause text,
    -- How many there had been when it was settled.
    attempt integer not null default 0,
    settled_at timestamptz,
    -- Of the server that took it.
    code integer,
    answer text,
    constraint delivery_pkey primary key (id),
    constraint delivery_is_planned_once
        unique nulls not distinct (subject_id, rule, subject_version, day, recipient_id),
    constraint delivery_rule_exists foreign key (rule) references notifications.rule (key),
    constraint delivery_recipient_exists foreign key (recipient_id) references identity.person (id),
    constraint delivery_prison_exists foreign key (prison_id) references enrollment.prison (id),
    constraint delivery_state_is_known check (state in ('PENDING', 'SENT', 'SUPERSEDED', 'DEAD')),
    constraint delivery_cause_is_known check (cause in ('CHANGED', 'EMPTY', 'LATE', 'RECIPIENT_GONE', 'RULE_OFF',
        'REFUSED', 'ATTEMPTS_USED')),
    constraint delivery_is_settled_or_pending check ((state = 'PENDING') = (settled_at is null)),
    constraint delivery_end_has_a_cause check ((state in ('SUPERSEDED', 'DEAD')) = (cause is not null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- No index is by state or any other column that settling changes: so it touches no index (HOT).
create index delivery_by_recipient on notifications.delivery (recipient_id, id);

-- What isn't over: the queue of those that are PENDING, and the dead letters. Apart from the deliveries so that claiming and
-- marking, which come to every delivery, write next to nothing: small whatever the deliveries grow to, and a claim changes no
-- index. Without a foreign key, which every claim would pay for: queue_planned writes here, and no delivery is ever deleted.
create table notifications.outbox (
    delivery_id uuid not null,
    -- When it is to be tried: due_at at first, later after a failure. Null: it is dead and waits for a person.
    next_at timestamptz,
    -- While a sender has it, by context.machine_now().
    lease_until timestamptz,
    -- Counts claims. The number of its claim is what a sender must show to have its outcome taken (fencing token).
    attempt integer not null default 0,
    -- Of those, before it was last resent.
    attempts_before integer not null default 0,
    constraint outbox_pkey primary key (delivery_id),
    constraint outbox_dead_letter_is_nobodys check (next_at is not null or lease_until is null)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create index outbox_due on notifications.outbox (next_at);
create index outbox_dead on notifications.outbox (delivery_id) where next_at is null;

-- What became of each attempt, but for the one that settled a SENT delivery: that stands there. One that is missing in the
-- row of numbers ended with its process, or before there was a mail. Without a foreign key: only the marking of a delivery writes here.
create table notifications.attempt (
    delivery_id uuid not null,
    number integer not null,
    recorded_at timestamptz not null default context.now(),
    outcome text not null,
    -- Of the server; 0 when it gave none.
    code integer not null default 0,
    answer text not null default '',
    constraint attempt_pkey primary key (delivery_id, number),
    constraint attempt_outcome_is_known check (outcome in ('SENT', 'RETRY', 'DEAD'))
);

create table notifications.event_cursor (
    producer text not null,
    transaction xid8 not null,
    id bigint not null,
    constraint event_cursor_pkey primary key (producer)
);

-- What is settled stays so, but for a dead letter that somebody sends again.
create function notifications.refuse_move() returns trigger
language plpgsql as $$
begin
    raise exception 'a delivery doesn''t go from % to %', old.state, new.state using errcode = 'check_violation',
        constraint = 'delivery_move_is_allowed', detail = jsonb_build_object('from', old.state, 'to', new.state);
end
$$;
create trigger refuse_move after update on notifications.delivery for each row
    when (old.state <> new.state and old.state <> 'PENDING' and not (old.state = 'DEAD' and new.state = 'PENDING'))
    execute function notifications.refuse_move();

-- What is planned waits in the outbox, and what is sent again does so again.
create function notifications.queue_planned() returns trigger
language plpgsql as $$
begin
    insert into notifications.outbox (delivery_id, next_at)
    select id, due_at from planned;
    return null;
end
$$;
create trigger queue_planned after insert on notifications.delivery referencing new table as planned
    for each statement execute function notifications.queue_planned();

create function notifications.queue_resent() returns trigger
language plpgsql as $$
begin
    update notifications.outbox set next_at = context.now(), attempts_before = attempt where delivery_id = new.id;
    perform event.emit('notifications.delivery_resent', new.prison_id, new.id, new.attempt);
    return null;
end
$$;
create trigger queue_resent after update on notifications.delivery for each row
    when (old.state = 'DEAD' and new.state = 'PENDING') execute function notifications.queue_resent();

alter table notifications.delivery enable row level security;
alter table notifications.delivery force row level security;
create policy delivery_scope on notifications.delivery
    using ((select context.every_prison()) or prison_id = (select context.prison_id())
        or recipient_id = (select context.user_id()));
-- A server's answer often names the address.
alter table notifications.attempt enable row level security;
alter table notifications.attempt force row level security;
create policy attempt_scope on notifications.attempt using ((select context.every_prison()));

grant select, insert, update on notifications.delivery, notifications.event_cursor to pulih_notifications;
grant select, insert, update, delete on notifications.outbox to pulih_notifications;
grant select, insert on notifications.attempt to pulih_notifications;

-- As the API gives them: a list of pulih.notifications.v1.Attempt.
create function notifications.attempts_of(delivery_id uuid) returns jsonb
language sql stable
return (select coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'recorded_at', a.recorded_at,
        'outcome', 'ATTEMPT_OUTCOME_' || a.outcome, 'code', a.code, 'answer', a.answer) order by a.number), '[]')
    from (
        select number, recorded_at, outcome, code, answer
        from notifications.attempt
        where attempt.delivery_id = attempts_of.delivery_id
        union all
        select attempt, settled_at, state, code, answer
        from notifications.delivery
        where id = attempts_of.delivery_id and state = 'SENT' and context.every_prison()
    ) a);
