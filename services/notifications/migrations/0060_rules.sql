-- Which notices there are, for whom, when and in which words: rules and templates are data.
create schema notifications;
grant usage on schema notifications to pulih_notifications;

-- What a notice can be about. `example` holds every field that its template may use, with values as they look in a real
-- mail: it is what templates are checked against and shown with. No field holds a participant's name.
create table notifications.occasion (
    name text not null,
    example jsonb not null,
    constraint occasion_pkey primary key (name),
    constraint occasion_example_is_an_object check (jsonb_typeof(example) = 'object')
);

create table notifications.template (
    key text not null,
    language text not null,
    occasion text not null,
    subject text not null,
    body text not null,
    constraint template_pkey primary key (key, language),
    constraint template_is_for_one_occasion unique (key, language, occasion),
    constraint template_occasion_exists foreign key (occasion) references notifications.occasion (name),
    constraint template_language_is_known check (language in ('id', 'en')),
    constraint template_subject_is_a_line check (length(subject) between 1 and 200 and subject !~ '[[:cntrl:]]'),
    constraint template_body_fits check (length(body) between 1 and 20000)
);

create table notifications.rule (
    -- What events call it; people and programs use the key.
    id uuid not null default gen_random_uuid(),
    key text not null,
    occasion text not null,
    -- When: exactly the columns that its occasion needs, see the check.
    lead interval,            -- before the session's start
    days_before integer,      -- local days before the session's or the agreement's last day …
    at_time time,             -- … at this local time
    waiting_days integer,     -- a case has waited so long, and each such while again
    weekday integer,          -- 1 is Monday
    time_zone text,           -- of a rule that belongs to no prison
    audience text[] not null,
    template text not null,
    channel text not null default 'EMAIL',
    -- Later than this after it was due a notice isn't sent any more.
    useful_for interval not null,
    enabled boolean not null default true,
    version integer not null default 1,
    constraint rule_pkey primary key (id),
    constraint rule_key_is_unique unique (key),
    constraint rule_occasion_exists foreign key (occasion) references notifications.occasion (name),
    constraint rule_audience_is_known
        check (audience <> '{}' and audience <@ array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'COORDINATOR']),
    constraint rule_channel_is_known check (channel = 'EMAIL'),
    constraint rule_time_zone_is_known foreign key (time_zone) references enrollment.time_zone (name),
    constraint rule_useful_for_is_sensible check (useful_for between interval '5 minutes' and interval '7 days'),
    constraint rule_lead_is_sensible check (lead between interval '5 minutes' and interval '7 days'),
    constraint rule_days_before_is_sensible check (days_before between 0 and 366),
    constraint rule_waiting_days_is_sensible check (waiting_days between 1 and 366),
    constraint rule_weekday_is_a_day check (weekday between 1 and 7),
    constraint rule_has_its_times check (case occasion
        when 'SESSION_UPCOMING' then (lead is null) = (days_before is not null) and (lead is null) = (at_time is not null)
            and num_nonnulls(waiting_days, weekday, time_zone) = 0
        when 'SESSION_CHANGED' then num_nonnulls(lead, days_before, at_time, waiting_days, weekday, time_zone) = 0
        when 'SESSION_CANCELLED' then num_nonnulls(lead, days_before, at_time, waiting_days, weekday, time_zone) = 0
        when 'DAY_ROSTER' then at_time is not null and num_nonnulls(lead, days_before, waiting_days, weekday, time_zone) = 0
        when 'ATTENDANCE_UNMARKED'
            then at_time is not null and num_nonnulls(lead, days_before, waiting_days, weekday, time_zone) = 0
        when 'CASES_WAITING' then num_nonnulls(at_time, waiting_days) = 2
            and num_nonnulls(lead, days_before, weekday, time_zone) = 0
        when 'AGREEMENT_EXPIRING' then num_nonnulls(at_time, days_before) = 2
            and num_nonnulls(lead, waiting_days, weekday, time_zone) = 0
        when 'WEEK_DIGEST' then num_nonnulls(at_time, weekday, time_zone) = 3
            and num_nonnulls(lead, days_before, waiting_days) = 0 and audience = array['COORDINATOR']
    end)
);

-- A change that changes nothing is none; every other one is told, and whoever has time to plan plans anew.
create function notifications.change_rule() returns trigger
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
    perform event.emit('notifications.rule_changed', null, new.id, new.version);
    return new;
end
$$;
create trigger change_rule before update on notifications.rule
    for each row execute function notifications.change_rule();

-- A rule's template exists in every language, for the rule's occasion.
create function notifications.check_rule_template() returns trigger
language plpgsql as $$
begin
    if (select count(*) from notifications.template t where t.key = new.template and t.occasion = new.occasion) < 2 then
        raise exception 'template % isn''t there in both languages for %', new.template, new.occasion
            using errcode = 'check_violation', constraint = 'rule_template_speaks_every_language';
    end if;
    return null;
end
$$;
create trigger check_rule_template after insert or update of template, occasion on notifications.rule
    for each row execute function notifications.check_rule_template();

-- '06:00'.
create function notifications.time_of_day(text text) returns time
language plpgsql immutable strict as $$
begin
    if text !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' then
        raise exception 'no time of day' using errcode = 'check_violation', schema = 'notifications',
            constraint = 'rule_time_is_of_a_day';
    end if;
    return text::time;
end
$$;

grant select on notifications.occasion, notifications.template, notifications.rule to pulih_notifications;
grant update (lead, days_before, at_time, waiting_days, weekday, enabled, version) on notifications.rule
    to pulih_notifications;
