insert into scheduling.closed_hours (id, prison_id, name, weekdays, from_time, until_time, first_day, last_day)
values (:id, :prison_id, :name, :weekdays, scheduling.time_of_day(:from_time), scheduling.time_of_day(:until_time), :first_day,
    :last_day)
on conflict (id) do update set id = excluded.id
returning id, prison_id, name, weekdays, to_char(from_time, 'HH24:MI') as from_time, to_char(until_time, 'HH24:MI') as until_time,
    first_day, least(last_day, ended_day) as last_day, version
