-- Materialising costs what it did before 0258. As there, but whether a case can be in the sessions is asked case by case: joined,
-- every active case was read for each series.
create or replace function scheduling.insert_sessions(of scheduling.series, days date[], starts timestamptz[], reasons text[])
returns void
language plpgsql
as $$
declare
    made record;
begin
    with made as (
        insert into scheduling.session (id, prison_id, series_id, series_day, component, room_id, starts_at, ends_at, status,
            cancel_reason)
        select scheduling.uuid7(), of.prison_id, of.id, d.day, of.component, of.room_id,
            d.starts_at, d.starts_at + make_interval(mins => of.duration_minutes),
            case when d.reason is null then 'SCHEDULED' else 'CANCELLED' end, d.reason
        from unnest(days, starts, reasons) d(day, starts_at, reason)
        returning id, starts_at, ends_at, status = 'SCHEDULED' as occupies
    )
    select array_agg(m.id) as ids, array_agg(m.starts_at) as starts, array_agg(m.ends_at) as ends,
        array_agg(m.occupies) as occupies
    into made
    from made m;

    insert into scheduling.session_counsellor (session_id, counsellor_id, prison_id, starts_at, ends_at, occupies)
    select m.id, c.counsellor_id, of.prison_id, m.starts_at, m.ends_at, m.occupies
    from scheduling.series_counsellor c
    cross join unnest(made.ids, made.starts, made.ends, made.occupies) m(id, starts_at, ends_at, occupies)
    where c.series_id = of.id;

    insert into scheduling.session_participant (session_id, participant_id, enrollment_id, prison_id, starts_at, ends_at,
        occupies)
    select m.id, p.participant_id, p.enrollment_id, of.prison_id, m.starts_at, m.ends_at, m.occupies
    from scheduling.series_participant p
    cross join lateral (select from scheduling.case_at a where a.enrollment_id = p.enrollment_id and a.place_id = of.prison_id
        offset 0) expected
    cross join unnest(made.ids, made.starts, made.ends, made.occupies) m(id, starts_at, ends_at, occupies)
    where p.series_id = of.id;
end
$$;

-- Since 0258 its look at the sessions was planned as a hash of all of them, for each series that was made.
alter function scheduling.session_participant_written() set enable_hashjoin = off;
