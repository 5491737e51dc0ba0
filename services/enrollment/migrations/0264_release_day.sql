-- A release is final and ends or opens cases at once, so its day is never ahead.
create function enrollment.check_release_day() returns trigger
language plpgsql as $$
begin
    if new.released_on > enrollment.today(new.prison_id) then
        raise exception 'not yet' using errcode = 'check_violation', constraint = 'participant_release_day_has_come';
    end if;
    return null;
end
$$;
create trigger check_release_day after update of released_on on enrollment.participant
    for each row when (old.released_on is null and new.released_on is not null) execute function enrollment.check_release_day();
