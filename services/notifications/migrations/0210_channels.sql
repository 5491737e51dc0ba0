-- A delivery walks through its recipient's channels: one after the other, until one of them has it.

alter table notifications.delivery
    -- Which of the recipient's channels is next, from 0.
    add column step integer not null default 0,
    -- The one that was tried last.
    add column channel text,
    -- Of a test: it takes this channel and no other, whatever the recipient chose.
    add column only_channel text,
    -- What the gateway has said of it since.
    add column receipt text,
    add column receipt_at timestamptz,
    add constraint delivery_channel_is_known check (channel in ('EMAIL', 'WHATSAPP', 'SMS')),
    add constraint delivery_only_channel_is_known check (only_channel in ('EMAIL', 'WHATSAPP', 'SMS')),
    add constraint delivery_receipt_is_known check (receipt in ('FAILED', 'DELIVERED', 'READ')),
    add constraint delivery_receipt_has_its_time check ((receipt is null) = (receipt_at is null)),
    drop constraint delivery_cause_is_known,
    add constraint delivery_cause_is_known check (cause in (
        -- SUPERSEDED
        'CHANGED', 'EMPTY', 'LATE', 'RECIPIENT_GONE', 'RULE_OFF', 'AWAY', 'SUMMED_UP',
        -- DEAD: what its last channel came to
        'REFUSED', 'ATTEMPTS_USED', 'NO_ADDRESS', 'SUPPRESSED', 'ENDPOINT_OFF', 'UNDELIVERED'));

-- The channel that a queued delivery will most likely take, so that those of a channel whose server is down can be passed
-- over where they lie. Composing knows for certain.
alter table notifications.outbox
    add column channel text not null default 'EMAIL',
    add constraint outbox_channel_is_known check (channel in ('EMAIL', 'WHATSAPP', 'SMS'));

create or replace function notifications.queue_planned() returns trigger
language plpgsql as $$
begin
    insert into notifications.outbox (delivery_id, next_at, channel)
    select d.id, d.due_at, coalesce(d.only_channel, f.channels[1], 'EMAIL')
    from planned d
    left join notifications.preference f on f.person_id = d.recipient_id;
    return null;
end
$$;

alter table notifications.attempt
    -- Null: from when there was mail alone.
    add column channel text,
    add constraint attempt_channel_is_known check (channel in ('EMAIL', 'WHATSAPP', 'SMS')),
    drop constraint attempt_outcome_is_known,
    add constraint attempt_outcome_is_known check (outcome in ('SENT', 'RETRY', 'NEXT', 'DEAD'));

-- What a gateway or server took may turn out undelivered, a dead letter may turn out delivered, and be sent again. A delivery
-- that was sent stays so, whatever supersedes its fallback.
create or replace function notifications.move_settled() returns trigger
language plpgsql as $$
begin
    if (old.state, new.state) not in (('DEAD', 'PENDING'), ('SENT', 'DEAD'), ('DEAD', 'SENT')) then
        raise exception 'a delivery doesn''t go from % to %', old.state, new.state using errcode = 'check_violation',
            constraint = 'delivery_move_is_allowed', detail = jsonb_build_object('from', old.state, 'to', new.state);
    end if;
    if new.state = 'PENDING' then
        update notifications.outbox set next_at = context.now(), attempts_before = attempt where delivery_id = new.id;
        perform event.emit('notifications.delivery_resent', new.prison_id, new.id, new.attempt);
    end if;
    return null;
end
$$;

create function notifications.keep_sent() returns trigger
language plpgsql as $$
begin
    return old;
end
$$;
create trigger keep_sent before update on notifications.delivery for each row
    when (old.state = 'SENT' and new.state = 'SUPERSEDED') execute function notifications.keep_sent();

-- Where a gateway for WhatsApp or SMS is: one a channel. Its signing secrets are made of the master key, its id and a
-- number that goes up with each rotation, and stand nowhere. After a rotation the one before is good for a while as well.
create table notifications.endpoint (
    id uuid not null,
    channel text not null,
    url text not null,
    enabled boolean not null default true,
    -- What the gateway said when it turned us away for good (410), which turned it off. Null when a person did, or it is on.
    disabled_answer text,
    secret_number integer not null default 1,
    key_id text not null,
    former_number integer,
    former_key_id text,
    former_until timestamptz,
    version integer not null default 1,
    constraint endpoint_pkey primary key (id),
    constraint endpoint_is_one_a_channel unique (channel),
    constraint endpoint_channel_is_known check (channel in ('WHATSAPP', 'SMS')),
    constraint endpoint_url_is_http check (url ~ '^https?://[^/[:space:]]' and length(url) <= 500),
    constraint endpoint_former_is_whole check (num_nonnulls(former_number, former_key_id, former_until) in (0, 3)),
    constraint endpoint_that_is_on_was_not_turned_off check (not enabled or disabled_answer is null)
);

-- Addresses that a server said don't exist: nothing is sent there until somebody takes them off.
create table notifications.suppression (
    address text not null,  -- in lower case
    reason text not null,
    answer text not null default '',
    delivery_id uuid,
    since timestamptz not null default context.now(),
    constraint suppression_pkey primary key (address),
    constraint suppression_address_is_lower_case check (address = lower(address)),
    constraint suppression_reason_is_known check (reason in ('REFUSED', 'BOUNCED'))
);
alter table notifications.suppression enable row level security;
alter table notifications.suppression force row level security;
create policy suppression_scope on notifications.suppression using ((select context.every_prison()));

grant select, insert, update on notifications.endpoint to pulih_notifications;
grant select, insert, delete on notifications.suppression to pulih_notifications;

create or replace function notifications.attempts_of(delivery_id uuid) returns jsonb
language sql stable
return (select coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'recorded_at', a.recorded_at,
        'outcome', 'ATTEMPT_OUTCOME_' || a.outcome, 'code', a.code, 'answer', a.answer,
        'channel', 'CHANNEL_' || coalesce(a.channel, 'EMAIL')) order by a.number), '[]')
    from (
        select number, recorded_at, outcome, code, answer, channel
        from notifications.attempt
        where attempt.delivery_id = attempts_of.delivery_id
        union all
        select attempt, settled_at, state, code, answer, channel
        from notifications.delivery d
        where id = attempts_of.delivery_id and state = 'SENT' and context.every_prison()
            and not exists (select from notifications.attempt a where a.delivery_id = d.id and a.number = d.attempt)
    ) a);
