-- Whoever moves on to another cohort has joined that one, then and by whoever moved them.
create function enrollment.rejoin_cohort() returns trigger
language plpgsql as $$
begin
    new.joined_at := context.now();
    new.joined_by := context.user_id();
    return new;
end
$$;
create trigger rejoin_cohort before update on enrollment.cohort_member
    for each row when (old.cohort_id <> new.cohort_id) execute function enrollment.rejoin_cohort();
