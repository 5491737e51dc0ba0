-- The count sees what stood before, so that what is read here is taken from it.
with up_to as (
    select shown_at, delivery_id
    from notifications.notice
    where delivery_id = :up_to_id::uuid and person_id = context.user_id()
), marked as (
    update notifications.notice n
    set read_at = context.now()
    where n.person_id = context.user_id() and n.read_at is null
        and (n.delivery_id = any (:ids::uuid[])
            or (n.shown_at, n.delivery_id) <= (select shown_at, delivery_id from up_to))
    returning n.delivery_id
)
select ((select count(*) from notifications.notice where person_id = context.user_id() and read_at is null)
    - (select count(*) from marked))::integer as unread_count
