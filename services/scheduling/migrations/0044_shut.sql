-- A holiday or a closure that comes to be known when sessions exist already.

-- Takes sessions out of where they are: to an open day where their series says MOVE and somebody's day is free, else
-- cancelled. A session of no series goes by `otherwise`.
create function scheduling.displace(sessions uuid[], why text, note text) returns void
language plpgsql
as $$
declare
    one record;
    moved boolean;
    planned timestamptz;
begin
    perform scheduling.lock(
        array(select s.room_id from scheduling.session s where s.id = any (sessions)),
        array(select c.counsellor_id from scheduling.session_counsellor c where c.session_id = any (sessions)),
        array(select p.participant_id from scheduling.session_participant p where p.session_id = any (sessions)));
    for one in
        select s.id, s.prison_id, s.starts_at at time zone p.time_zone as local_start, s.ends_at - s.starts_at as length,
            coalesce(r.holiday_policy, 'CANCEL') as policy, p.time_zone as zone,
            array(select k.series_day from scheduling.session k where k.series_id = s.series_id) as taken
        from scheduling.session s
        join enrollment.prison p on p.id = s.prison_id
        left join scheduling.series r on r.id = s.series_id
        where s.id = any (sessions)
        order by s.starts_at
    loop
        moved := false;
        planned := null;
        for attempt in 1 .. 14 loop
            exit when moved or one.policy <> 'MOVE';
            planned := scheduling.next_open(one.prison_id, one.policy, one.zone, one.local_start, one.length, one.taken);
            exit when planned is null;
            begin
                update scheduling.session s set starts_at = planned, ends_at = planned + one.length where s.id = one.id;
                moved := true;
            exception when exclusion_violation then
                one.taken := one.taken || (planned at time zone one.zone)::date;
            end;
        end loop;
        if not moved then
            update scheduling.session s set status = 'CANCELLED', cancel_reason = why, cancel_note = note where s.id = one.id;
        end if;
    end loop;
end
$$;

create function scheduling.closure_written() returns trigger
language plpgsql
as $$
begin
    perform scheduling.displace(array(select s.id from scheduling.session s
        where s.prison_id = new.prison_id and s.starts_at < new.ends_at and s.ends_at > new.starts_at
            and s.starts_at > new.starts_at - interval '12 hours'
            and s.starts_at > context.now() and s.status = 'SCHEDULED'), 'CLOSURE', nullif(new.note, ''));
    return null;
end
$$;
create trigger closure_takes_effect after insert on scheduling.closure
for each row execute function scheduling.closure_written();

-- What somebody put on a day by hand stays there.
create function scheduling.holiday_written() returns trigger
language plpgsql
as $$
begin
    perform scheduling.displace(array(select s.id
        from scheduling.session s
        join scheduling.series r on r.id = s.series_id and r.holiday_policy <> 'KEEP'
        join enrollment.prison p on p.id = s.prison_id
        where (s.starts_at at time zone p.time_zone)::date = new.day and s.starts_at > context.now()
            and s.starts_at between new.day - 1 and new.day + 2 and s.status = 'SCHEDULED'), 'HOLIDAY', new.name);
    return null;
end
$$;
create trigger holiday_takes_effect after insert on scheduling.holiday
for each row execute function scheduling.holiday_written();

-- National holidays as decreed for 2026 (SKB Tiga Menteri). Those of 2027 follow the calendars; the ones that hang on the
-- moon are corrected by ImportHolidays when the decree is out.
insert into scheduling.holiday (day, name) values
('2026-01-01', 'Tahun Baru 2026 Masehi'),
('2026-01-16', 'Isra Mikraj Nabi Muhammad saw.'),
('2026-02-17', 'Tahun Baru Imlek 2577 Kongzili'),
('2026-03-19', 'Hari Suci Nyepi (Tahun Baru Saka 1948)'),
('2026-03-21', 'Idul Fitri 1447 Hijriah'),
('2026-03-22', 'Idul Fitri 1447 Hijriah, hari kedua'),
('2026-04-03', 'Wafat Yesus Kristus'),
('2026-04-05', 'Kebangkitan Yesus Kristus (Paskah)'),
('2026-05-01', 'Hari Buruh Internasional'),
('2026-05-14', 'Kenaikan Yesus Kristus'),
('2026-05-27', 'Idul Adha 1447 Hijriah'),
('2026-05-31', 'Hari Raya Waisak 2570 BE'),
('2026-06-01', 'Hari Lahir Pancasila'),
('2026-06-16', 'Tahun Baru Islam 1448 Hijriah'),
('2026-08-17', 'Proklamasi Kemerdekaan'),
('2026-08-25', 'Maulid Nabi Muhammad saw.'),
('2026-12-25', 'Kelahiran Yesus Kristus (Natal)'),
('2027-01-01', 'Tahun Baru 2027 Masehi'),
('2027-01-05', 'Isra Mikraj Nabi Muhammad saw.'),
('2027-02-06', 'Tahun Baru Imlek 2578 Kongzili'),
('2027-03-08', 'Hari Suci Nyepi (Tahun Baru Saka 1949)'),
('2027-03-10', 'Idul Fitri 1448 Hijriah'),
('2027-03-11', 'Idul Fitri 1448 Hijriah, hari kedua'),
('2027-03-26', 'Wafat Yesus Kristus'),
('2027-03-28', 'Kebangkitan Yesus Kristus (Paskah)'),
('2027-05-01', 'Hari Buruh Internasional'),
('2027-05-06', 'Kenaikan Yesus Kristus'),
('2027-05-16', 'Idul Adha 1448 Hijriah'),
('2027-05-20', 'Hari Raya Waisak 2571 BE'),
('2027-06-01', 'Hari Lahir Pancasila'),
('2027-06-06', 'Tahun Baru Islam 1449 Hijriah'),
('2027-08-15', 'Maulid Nabi Muhammad saw.'),
('2027-08-17', 'Proklamasi Kemerdekaan'),
('2027-12-25', 'Kelahiran Yesus Kristus (Natal)');
