-- What becomes of a message behind the gateway or server that took it, and the gateways themselves.
alter table notifications.delivery
    -- Whose receipt it is.
    add column receipt_channel text,
    add constraint delivery_receipt_has_its_channel check ((receipt is null) = (receipt_channel is null)) not valid;
alter table notifications.delivery validate constraint delivery_cause_is_known;

-- Takes a receipt for a delivery; whether it told something new. It never goes back: READ, DELIVERED, FAILED, nothing, in this
-- order. What was delivered needs no fallback any more, and is sent, whatever we thought of it; what failed goes on with the
-- next channel at once, and where there is none its sender will find out. A receipt may come before the answer to the message
-- itself: then the marking of that looks at it. Locks the queue's row first, as marking does.
create function notifications.record_receipt(of_delivery uuid, by_channel text, said text) returns boolean
language plpgsql as $$
declare
    ranks constant text[] := '{FAILED,DELIVERED,READ}';
    queued notifications.outbox;
    delivery notifications.delivery;
    held boolean;
begin
    select * into queued from notifications.outbox where delivery_id = of_delivery for update;
    select * into delivery from notifications.delivery where id = of_delivery for update;
    held := coalesce(queued.lease_until > context.machine_now(), false);
    if delivery.id is null
        or array_position(ranks, said) <= coalesce(array_position(ranks, delivery.receipt), 0)
        or said = 'FAILED' and not (held or delivery.state = 'SENT' and delivery.channel = by_channel)
        or not (held or delivery.channel = by_channel or exists (select from notifications.attempt a
            where a.delivery_id = of_delivery and a.channel = by_channel)) then
        return false;
    end if;
    if held then
        update notifications.delivery
        set receipt = said, receipt_channel = by_channel, receipt_at = context.now()
        where id = of_delivery;
    elsif said = 'FAILED' then
        update notifications.delivery
        set receipt = said, receipt_channel = by_channel, receipt_at = context.now(),
            step = step + case when queued.delivery_id is null then 1 else 0 end
        where id = of_delivery;
        insert into notifications.outbox (delivery_id, next_at, attempt, attempts_before)
        values (of_delivery, context.now(), delivery.attempt, delivery.attempt)
        on conflict on constraint outbox_pkey do update set next_at = excluded.next_at;
    else
        delete from notifications.outbox where delivery_id = of_delivery;
        update notifications.delivery
        set receipt = said, receipt_channel = by_channel, receipt_at = context.now(), state = 'SENT', cause = null,
            settled_at = coalesce(settled_at, context.now()), attempt = greatest(attempt, coalesce(queued.attempt, 0))
        where id = of_delivery and state <> 'SUPERSEDED';
    end if;
    return true;
end
$$;

-- A change that changes nothing is none; one of what somebody else changed meanwhile is refused.
create function notifications.keep_endpoint() returns trigger
language plpgsql as $$
begin
    if to_jsonb(new) - 'version' = to_jsonb(old) - 'version' then
        return old;
    end if;
    if new.version <> old.version then
        raise exception 'version % was read, % is current', new.version, old.version
            using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    new.version := old.version + 1;
    return new;
end
$$;
create trigger keep_endpoint before update on notifications.endpoint
    for each row execute function notifications.keep_endpoint();

insert into notifications.template (key, language, occasion, subject, body) values
('TEST_MESSAGE', 'id', 'TEST', 'Pesan percobaan dari Pulih',
'{{name}}, ini pesan percobaan yang Anda minta pada {{day}}.
'),
('TEST_MESSAGE', 'en', 'TEST', 'Test message from Pulih',
'{{name}}, this is the test message that you asked for on {{day}}.
');

insert into notifications.rule (key, built_in, occasion, audience, template, useful_for) values
('TEST_MESSAGE', true, 'TEST', '{ADMIN}', 'TEST_MESSAGE', '1 hour');
