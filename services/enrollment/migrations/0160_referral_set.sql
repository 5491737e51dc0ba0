-- Referrals come many at once (a site sends what it has kept, an import, a whole waiting set in one statement), so their
-- history and events are written once a statement and not once a row.
drop trigger note_referral on enrollment.enrollment;

create or replace function enrollment.note_referral() returns trigger
language plpgsql security definer as $$
begin
    insert into enrollment.enrollment_move (enrollment_id, version, to_status, prison_id, comment)
    select r.id, r.version, r.status, r.prison_id, r.status_comment from referred r;
    perform event.emit_many('enrollment.case_referred', array_agg(r.prison_id), array_agg(r.id), array_agg(r.version))
    from referred r having count(*) > 0;
    return null;
end
$$;
create trigger note_referral after insert on enrollment.enrollment
    referencing new table as referred for each statement execute function enrollment.note_referral();
