-- Who is away but not named is left to "not null", which names the field.
create or replace function scheduling.may_be_absent(counsellor uuid) returns boolean
language sql stable
return counsellor is null or counsellor = context.user_id() or context.has_role('COORDINATOR')
    or context.has_role('CLINICAL_SUPERVISOR');
