-- An absence is said by who is away, or by who plans for them, and can be withdrawn.
alter table scheduling.counsellor_absence add column withdrawn_at timestamptz;

-- Beside foundation_only: whoever looks for a substitute must see everybody's absences, but says only their own. Who is away but not named
-- is left to "not null", which names the field.
create function scheduling.may_be_absent(counsellor uuid) returns boolean
language sql stable
return counsellor is null or counsellor = context.user_id() or context.has_role('COORDINATOR')
    or context.has_role('CLINICAL_SUPERVISOR');
create policy absence_is_said_by_its_own on scheduling.counsellor_absence as restrictive for insert
    with check (scheduling.may_be_absent(counsellor_id));
create policy absence_is_changed_by_its_own on scheduling.counsellor_absence as restrictive for update
    using (scheduling.may_be_absent(counsellor_id));

create or replace function scheduling.substitutes(session scheduling.session) returns uuid[]
language sql stable
return array(
    select q.counsellor_id
    from scheduling.counsellor_qualification q
    join identity.staff_published p on p.id = q.counsellor_id and p.active
    where q.component = (session).component
        and not exists (select from scheduling.counsellor_absence a where a.counsellor_id = q.counsellor_id
            and a.withdrawn_at is null and a.starts_at < (session).ends_at and a.ends_at > (session).starts_at)
        and not exists (select from scheduling.session_counsellor c
            where c.counsellor_id = q.counsellor_id and c.occupies
                and c.starts_at between (session).starts_at - interval '3 days' and (session).ends_at + interval '3 days'
                and (c.session_id = (session).id
                    or c.starts_at < (session).ends_at + case when c.prison_id = (session).prison_id then interval '0'
                        else scheduling.travel(c.prison_id, (session).prison_id) end
                    and c.ends_at + case when c.prison_id = (session).prison_id then interval '0'
                        else scheduling.travel(c.prison_id, (session).prison_id) end > (session).starts_at))
    order by p.name, q.counsellor_id);

-- What a counsellor's day shows beside what is published already.
grant select (starts_at, ends_at, occupies) on scheduling.session_counsellor to pulih_notes;
grant select (cancel_note) on scheduling.session to pulih_notes;
grant select (remark, recorded_at) on scheduling.attendance to pulih_notes;
grant select on scheduling.travel_time, scheduling.setting to pulih_notes;
