-- What speaks against a case as it stands. An expression, so that a statement that has the rows at hand pays next to nothing
-- for it; case_warnings() looks them up.
create function enrollment.warnings_of(status text, started_on date, planned_weeks integer, expected_release_on date)
returns text[]
language sql stable parallel safe
return case when status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD')
        and coalesce(started_on, (context.now() at time zone 'UTC')::date) + planned_weeks * 7 > expected_release_on
    then array['FINISH_AFTER_RELEASE'] else '{}' end;

create or replace function enrollment.case_warnings(c enrollment.enrollment) returns text[]
language plpgsql stable as $$
begin
    return (select enrollment.warnings_of(c.status, c.started_on, e.planned_weeks, p.expected_release_on)
        from enrollment.participant p
        join enrollment.programme_edition e on e.programme_id = c.programme_id and e.edition = c.programme_edition
        where p.id = c.participant_id);
end
$$;
