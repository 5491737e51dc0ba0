-- Who read what is for admins to look at as well: they keep the accounts that read. Bodies stay closed to them.
alter policy audit_is_seen on notes.audit
    using (((select context.every_prison()) or prison_id = (select context.prison_id()))
        and ((select context.has_role('AUDITOR')) or (select context.has_role('CLINICAL_SUPERVISOR'))
            or (select context.has_role('ADMIN'))));
