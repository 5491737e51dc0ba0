-- How somebody in aftercare can be reached, by the consent that covers it (CONTACT_FAMILY: "… and me after my release"). It is the
-- foundation's to know; the prison that they left sees nothing of it.
create table enrollment.aftercare_contact (
    participant_id uuid not null,
    email text,
    phone text,
    -- In order; each needs its address.
    channels text[] not null,
    language text not null default 'id',
    version integer not null default 1,
    constraint aftercare_contact_pkey primary key (participant_id),
    -- Named as that of a case: what it refuses has its words.
    constraint enrollment_of_participant foreign key (participant_id) references enrollment.participant (id),
    constraint aftercare_contact_email_is_an_address
        check (email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$' and length(email) <= 254),
    constraint aftercare_contact_phone_is_a_number check (phone ~ '^\+?[0-9][0-9 ()-]{4,24}$'),
    constraint aftercare_contact_channels_are_known check (channels <> '{}' and channels <@ array['EMAIL', 'WHATSAPP', 'SMS']
        and array_position(channels, null) is null),
    constraint aftercare_contact_channels_have_addresses check ((email is not null or not 'EMAIL' = any (channels))
        and (phone is not null or not channels && array['WHATSAPP', 'SMS'])),
    constraint aftercare_contact_language_is_known check (language in ('id', 'en'))
);
create trigger aftercare_contact_version before update on enrollment.aftercare_contact
    for each row execute function enrollment.keep_version();

-- After the release, and not without consent. A withdrawal later stops what is sent, whatever stands here.
create function enrollment.check_aftercare_contact() returns trigger
language plpgsql as $$
begin
    if not exists (select from enrollment.participant p where p.id = new.participant_id and p.released_on is not null) then
        raise exception 'not released' using errcode = 'check_violation', constraint = 'aftercare_contact_is_after_release';
    end if;
    if not enrollment.consents_to(new.participant_id, 'CONTACT_FAMILY') then
        raise exception 'no consent' using errcode = 'check_violation', constraint = 'aftercare_contact_has_consent';
    end if;
    perform event.emit('enrollment.aftercare_contact_changed', null, new.participant_id, new.version);
    return null;
end
$$;
create trigger check_aftercare_contact after insert or update on enrollment.aftercare_contact
    for each row execute function enrollment.check_aftercare_contact();

alter table enrollment.aftercare_contact enable row level security;
alter table enrollment.aftercare_contact force row level security;
create policy aftercare_contact_scope on enrollment.aftercare_contact using ((select context.every_prison()));

create view enrollment.aftercare_contact_published with (security_invoker) as
select c.participant_id, p.prison_id, p.name, c.email, c.phone, c.channels, c.language,
    enrollment.consents_to(c.participant_id, 'CONTACT_FAMILY') as agreed
from enrollment.aftercare_contact c
join enrollment.participant p on p.id = c.participant_id;

grant select, insert, update on enrollment.aftercare_contact to pulih_enrollment;
grant select (participant_id, email, phone, channels, language) on enrollment.aftercare_contact to pulih_notifications;
grant select on enrollment.aftercare_contact_published to pulih_notifications;
