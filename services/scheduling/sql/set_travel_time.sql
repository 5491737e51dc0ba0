with pair as (
    insert into scheduling.travel_time (one_prison_id, other_prison_id, minutes)
    select least(:one_prison_id::uuid, :other_prison_id::uuid), greatest(:one_prison_id::uuid, :other_prison_id::uuid), :minutes
    where :one_prison_id::uuid is not null or :other_prison_id::uuid is not null
    on conflict (one_prison_id, other_prison_id) do update set minutes = excluded.minutes
    returning minutes
), every as (
    update scheduling.setting set travel_minutes = :minutes
    where :one_prison_id::uuid is null and :other_prison_id::uuid is null
    returning travel_minutes as minutes
)
select minutes from pair
union all
select minutes from every
