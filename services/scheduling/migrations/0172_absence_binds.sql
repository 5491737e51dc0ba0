-- Nobody is booked for when they are away. Sessions from before an absence was said stay, for a substitute to take over;
-- they may change all but their time.
create function scheduling.require_presence(sessions uuid[], counsellors uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    away record;
begin
    select p.name as who, to_char(a.starts_at at time zone z.time_zone, 'YYYY-MM-DD HH24:MI') || '–'
        || to_char(a.ends_at at time zone z.time_zone, 'YYYY-MM-DD HH24:MI ') || t.short_name as period
    into away
    from unnest(sessions, counsellors) w(session_id, counsellor_id)
    join scheduling.session s on s.id = w.session_id
    join scheduling.counsellor_absence a on a.counsellor_id = w.counsellor_id and a.withdrawn_at is null
        and a.starts_at < s.ends_at and a.ends_at > s.starts_at
    join enrollment.prison z on z.id = s.prison_id
    join enrollment.time_zone t on t.name = z.time_zone
    left join identity.staff_published p on p.id = a.counsellor_id
    limit 1;
    if found then
        raise exception 'session_counsellor_is_present' using errcode = 'exclusion_violation', schema = 'scheduling',
            constraint = 'session_counsellor_is_present',
            detail = jsonb_build_object('who', coalesce(away.who, '?'), 'when', away.period);
    end if;
end
$$;

create function scheduling.session_counsellor_booked() returns trigger
language plpgsql
as $$
begin
    perform scheduling.require_presence(array_agg(w.session_id), array_agg(w.counsellor_id)) from written w where w.occupies;
    return null;
end
$$;
create trigger session_counsellor_is_present after insert on scheduling.session_counsellor
referencing new table as written
for each statement execute function scheduling.session_counsellor_booked();

create function scheduling.session_counsellor_moved() returns trigger
language plpgsql
as $$
begin
    perform scheduling.require_presence(array_agg(w.session_id), array_agg(w.counsellor_id))
    from written w
    left join before b on (b.session_id, b.counsellor_id) = (w.session_id, w.counsellor_id)
    where w.occupies and (b.starts_at, b.ends_at) is distinct from (w.starts_at, w.ends_at);
    return null;
end
$$;
create trigger session_counsellor_is_still_present after update on scheduling.session_counsellor
referencing old table as before new table as written
for each statement execute function scheduling.session_counsellor_moved();
revoke all on function scheduling.require_presence(uuid[], uuid[]) from public;
grant execute on function scheduling.require_presence(uuid[], uuid[]) to pulih_scheduling;
