-- How each person wants to be told. Who never chose has no row: by e-mail, at once, at any hour.
create table notifications.preference (
    person_id uuid not null,
    -- In order: where one gives up, the next is tried.
    channels text[] not null default '{EMAIL}',
    -- Without a receipt for so long the next one is tried, too.
    fallback_wait interval not null default '30 minutes',
    -- In between, by the local time of time_zone, only what is urgent; over midnight when it ends earlier than it begins.
    quiet_from time,
    quiet_until time,
    time_zone text not null,
    -- What isn't urgent comes together at this local time. Null: each by itself.
    digest_at time,
    -- Local days, both inclusive: nothing is sent, all of it is kept in the list of notices.
    away_from date,
    away_until date,
    version integer not null default 1,
    constraint preference_pkey primary key (person_id),
    constraint preference_person_exists foreign key (person_id) references identity.person (id),
    constraint preference_channels_are_known check (channels <> '{}' and channels <@ array['EMAIL', 'WHATSAPP', 'SMS']
        and array_position(channels, null) is null),
    constraint preference_fallback_wait_is_sensible check (fallback_wait between interval '1 minute' and interval '1 day'),
    constraint preference_quiet_hours_are_whole
        check ((quiet_from is null) = (quiet_until is null) and quiet_from <> quiet_until),
    constraint preference_time_zone_is_known foreign key (time_zone) references enrollment.time_zone (name),
    constraint preference_away_is_in_order
        check ((away_from is null) = (away_until is null) and away_until between away_from and away_from + 366)
);

-- A change that changes nothing is none; one of what somebody else changed meanwhile is refused. Each channel stands once, and
-- one by telephone needs a number.
create function notifications.keep_preference() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if to_jsonb(new) - 'version' = to_jsonb(old) - 'version' then
            return old;
        end if;
        if new.version <> old.version then
            raise exception 'version % was read, % is current', new.version, old.version
                using errcode = 'check_violation', constraint = 'version_is_the_one_read';
        end if;
        new.version := old.version + 1;
    end if;
    if (select count(distinct channel) from unnest(new.channels) as channel) < cardinality(new.channels) then
        raise exception 'a channel stands twice' using errcode = 'check_violation',
            constraint = 'preference_channels_are_known';
    end if;
    if new.channels && array['WHATSAPP', 'SMS']
        and not exists (select from identity.staff_contact c where c.id = new.person_id and c.phone is not null) then
        raise exception 'no telephone number' using errcode = 'check_violation',
            constraint = 'preference_channel_needs_a_phone';
    end if;
    return new;
end
$$;
create trigger keep_preference before insert or update on notifications.preference
    for each row execute function notifications.keep_preference();

-- '06:00'; null stays null. What isn't a time of day is refused by the name that the caller gives.
create function notifications.time_of_day(text text, refusal text) returns time
language plpgsql immutable as $$
begin
    if text !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' then
        raise exception 'no time of day' using errcode = 'check_violation', constraint = refusal;
    end if;
    return text::time;
end
$$;

alter table notifications.preference enable row level security;
alter table notifications.preference force row level security;
create policy preference_own on notifications.preference using (person_id = (select context.user_id()));
create policy preference_read on notifications.preference for select using ((select context.has_role('SERVICE')
    or context.has_role('COORDINATOR') or context.has_role('ADMIN')));

grant select, insert, update on notifications.preference to pulih_notifications;
