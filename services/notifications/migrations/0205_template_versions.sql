-- What each template ever said, who said so and when. The last one is what stands in notifications.template.
create table notifications.template_version (
    key text not null,
    version integer not null,
    indonesian_subject text not null,
    indonesian_body text not null,
    english_subject text not null,
    english_body text not null,
    changed_at timestamptz not null default context.now(),
    changed_by uuid default context.user_id(),
    constraint template_version_pkey primary key (key, version)
);

-- Those that we bring are nobody's.
create function notifications.first_template_version() returns trigger
language plpgsql as $$
begin
    insert into notifications.template_version (key, version, indonesian_subject, indonesian_body, english_subject,
        english_body, changed_by)
    select i.key, 1, i.subject, i.body, e.subject, e.body, null
    from notifications.template i
    join notifications.template e on e.key = i.key and e.language = 'en'
    where i.language = 'id'
    on conflict on constraint template_version_pkey do nothing;
    return null;
end
$$;
create trigger first_template_version after insert on notifications.template
    for each statement execute function notifications.first_template_version();
insert into notifications.template (key, language, occasion, subject, body)
select key, language, occasion, subject, body from notifications.template where false;

-- Both languages and the version, together. What is said already is no change. No row is no such template.
create function notifications.write_template(template text, version_read integer, indonesian_subject text,
    indonesian_body text, english_subject text, english_body text) returns setof notifications.template_version
language plpgsql as $$
declare
    last notifications.template_version;
    new notifications.template_version;
begin
    perform from notifications.template t where t.key = write_template.template order by t.language for update;
    select v.* into last from notifications.template_version v
    where v.key = write_template.template order by v.version desc limit 1;
    if not found then
        return;
    end if;
    if (last.indonesian_subject, last.indonesian_body, last.english_subject, last.english_body)
        = (indonesian_subject, indonesian_body, english_subject, english_body) then
        return next last;
        return;
    end if;
    if last.version <> version_read then
        raise exception 'version % was read, % is current', version_read, last.version
            using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    update notifications.template t
    set subject = case t.language when 'en' then english_subject else indonesian_subject end,
        body = case t.language when 'en' then english_body else indonesian_body end
    where t.key = write_template.template;
    insert into notifications.template_version as v (key, version, indonesian_subject, indonesian_body, english_subject,
        english_body)
    values (write_template.template, last.version + 1, write_template.indonesian_subject, write_template.indonesian_body,
        write_template.english_subject, write_template.english_body)
    returning v.* into new;
    return next new;
end
$$;

grant select, insert on notifications.template_version to pulih_notifications;
grant update (subject, body) on notifications.template to pulih_notifications;
