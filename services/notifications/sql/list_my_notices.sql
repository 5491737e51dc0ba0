-- Newest first is by when they were given out: a delivery's id tells when it was planned.
select n.delivery_id as id, d.rule, r.occasion, d.subject_id, d.day, n.prison_id, n.subject, n.body, n.shown_at, n.read_at,
    n.shown_at || '|' || n.delivery_id as page_key
from notifications.notice n
join notifications.delivery d on d.id = n.delivery_id
join notifications.rule r on r.key = d.rule
where n.person_id = context.user_id()
    and (not :unread::boolean or n.read_at is null)
    and (:page_key::text is null or (n.shown_at, n.delivery_id)
        < (split_part(:page_key, '|', 1)::timestamptz, split_part(:page_key, '|', 2)::uuid))
order by n.shown_at desc, n.delivery_id desc
limit :page_limit
