-- What other services read of agreements, programmes, people, cases and consents. Rows are those of the reader's caller.
create view enrollment.agreement_published with (security_invoker) as
select a.id, a.prison_id, a.number, a.status, a.valid_from, least(a.valid_until, a.ended_on) as valid_until,
    a.replaced_from is not null as renewed, a.version
from enrollment.agreement a;

create view enrollment.programme_published with (security_invoker) as
select p.id, p.code, p.name, p.edition
from enrollment.programme p
where p.edition is not null;

create view enrollment.participant_published with (security_invoker) as
select p.id, p.prison_id, p.register_number, p.name, p.block
from enrollment.participant p;

create view enrollment.case_published with (security_invoker) as
select e.id, e.prison_id, e.participant_id, e.programme_id, e.programme_edition, e.counsellor_id, e.status,
    e.status_since, e.version
from enrollment.enrollment e;

-- A row for every purpose that a person was ever asked about.
create view enrollment.consent_published with (security_invoker) as
select distinct on (c.participant_id, c.purpose) c.participant_id, c.purpose, c.given
from enrollment.consent c
order by c.participant_id, c.purpose, c.number desc;

do $$
declare
    reader text;
begin
    foreach reader in array array['pulih_identity', 'pulih_scheduling', 'pulih_notes', 'pulih_notifications'] loop
        execute format($grants$
            grant select (id, prison_id, number, status, valid_from, valid_until, ended_on, replaced_from, version)
                on enrollment.agreement to %1$I;
            grant select (id, code, name, edition) on enrollment.programme to %1$I;
            grant select on enrollment.programme_component, enrollment.component to %1$I;
            grant select (id, prison_id, register_number, name, block) on enrollment.participant to %1$I;
            grant select (id, prison_id, participant_id, programme_id, programme_edition, counsellor_id, status,
                status_since, version) on enrollment.enrollment to %1$I;
            grant select (participant_id, purpose, given, number) on enrollment.consent to %1$I;
            grant select on enrollment.agreement_published, enrollment.programme_published,
                enrollment.participant_published, enrollment.case_published, enrollment.consent_published to %1$I;
            $grants$, reader);
    end loop;
end
$$;
