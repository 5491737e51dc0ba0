update scheduling.room
set version = :version, name = :name, capacity = :capacity, active = :active
where id = :room_id
returning id, prison_id, name, capacity, active, version
