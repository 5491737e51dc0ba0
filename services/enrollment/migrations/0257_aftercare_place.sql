-- Where the foundation meets people in aftercare: a place with rooms, a zone and sessions as a prison has them, outside the prisons.
-- It holds nobody: no register, no agreement, no officers.
alter table enrollment.prison add column aftercare boolean not null default false;

-- What a place is stays as it was made.
revoke update on enrollment.prison from pulih_enrollment;
grant update (id, name, time_zone, address, version) on enrollment.prison to pulih_enrollment;

create or replace view enrollment.prison_published with (security_invoker) as
select p.id, p.code, p.name, p.time_zone, z.short_name as time_zone_short_name, p.aftercare, p.address
from enrollment.prison p
join enrollment.time_zone z on z.name = p.time_zone;
grant select (aftercare, address) on enrollment.prison to pulih_identity, pulih_scheduling, pulih_notes, pulih_notifications;

create function enrollment.refuse_aftercare_place() returns trigger
language plpgsql as $$
begin
    if exists (select from enrollment.prison p where p.id = new.prison_id and p.aftercare) then
        raise exception 'no prison' using errcode = 'check_violation', constraint = 'prison_holds_people';
    end if;
    return null;
end
$$;
create trigger participant_is_in_no_aftercare_place after insert or update of prison_id on enrollment.participant
    for each row execute function enrollment.refuse_aftercare_place();
create trigger agreement_is_with_no_aftercare_place after insert on enrollment.agreement
    for each row execute function enrollment.refuse_aftercare_place();
create trigger person_works_in_no_aftercare_place after insert or update of prison_id on identity.person
    for each row when (new.prison_id is not null) execute function enrollment.refuse_aftercare_place();
