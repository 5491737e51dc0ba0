insert into scheduling.holiday (day, name)
values (:day, :name)
on conflict (day) do update set name = excluded.name
returning day, name
