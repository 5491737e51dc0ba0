-- As in 0064, but the bounds of time are made apart (offset 0): as columns they lead down the b-tree of times; as expressions of the
-- prison's row they could not under row-level security, and all sessions that a prison ever had were looked at for one day's mail.
create or replace function notifications.roster_fields(prison_id uuid, day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min((d.p).name), 'day', notifications.say_day(day, language),
        'session_count', count(*), 'participant_count', sum(s.participant_count),
        'rows', jsonb_agg(notifications.session_fields(s, d.p, language) order by s.starts_at, s.room_name))
    from (
        select p, p.id, roster_fields.day::timestamp at time zone p.time_zone as begins,
            (roster_fields.day + 1)::timestamp at time zone p.time_zone as ends
        from enrollment.prison_published p
        where p.id = roster_fields.prison_id
        offset 0
    ) d
    join scheduling.session_published s on s.prison_id = d.id and s.status = 'SCHEDULED'
        and s.starts_at >= d.begins and s.starts_at < d.ends
    having count(*) > 0);

create or replace function notifications.unmarked_fields(prison_id uuid, day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('prison', min((d.p).name), 'day', notifications.say_day(day - 1, language),
        'unmarked_count', sum(s.attendance_unmarked_count),
        'rows', jsonb_agg(notifications.session_fields(s, d.p, language)
            || jsonb_build_object('unmarked', s.attendance_unmarked_count) order by s.starts_at, s.room_name))
    from (
        select p, p.id, (unmarked_fields.day - 1)::timestamp at time zone p.time_zone as begins,
            unmarked_fields.day::timestamp at time zone p.time_zone as ends
        from enrollment.prison_published p
        where p.id = unmarked_fields.prison_id
        offset 0
    ) d
    join scheduling.session_published s on s.prison_id = d.id and s.status = 'SCHEDULED'
        and s.starts_at >= d.begins and s.starts_at < d.ends
    where s.attendance_unmarked_count > 0
    having count(*) > 0);

create or replace function notifications.digest_fields(day date, language text) returns jsonb
language sql stable
return (select jsonb_build_object('from', notifications.say_day(day - 7, language),
        'until', notifications.say_day(day - 1, language),
        'rows', jsonb_agg(jsonb_build_object('prison', p.name, 'held', week.held, 'cancelled', week.cancelled,
            'unmarked', week.unmarked, 'coming', week.coming,
            'waiting', (select count(*) from enrollment.case_published c where c.prison_id = p.id
                and c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')))
            order by p.name, p.id))
    from (
        select p.id, p.name, (day - 7)::timestamp at time zone p.time_zone as begins,
            day::timestamp at time zone p.time_zone as monday, (day + 7)::timestamp at time zone p.time_zone as ends
        from enrollment.prison_published p
        offset 0
    ) p
    cross join lateral (select
            count(*) filter (where s.status = 'SCHEDULED' and s.starts_at < p.monday) as held,
            count(*) filter (where s.status = 'CANCELLED' and s.starts_at < p.monday) as cancelled,
            coalesce(sum(s.attendance_unmarked_count)
                filter (where s.status = 'SCHEDULED' and s.starts_at < p.monday), 0) as unmarked,
            count(*) filter (where s.status = 'SCHEDULED' and s.starts_at >= p.monday) as coming
        from scheduling.session_published s
        where s.prison_id = p.id and s.starts_at >= p.begins and s.starts_at < p.ends) week
    having count(*) > 0);
