insert into scheduling.room (id, prison_id, name, capacity)
values (:id, :prison_id, :name, :capacity)
on conflict (id) do update set id = excluded.id
returning id, prison_id, name, capacity, active, version
