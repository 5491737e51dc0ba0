select address, answer, delivery_id, since, since || '|' || address as page_key
from notifications.suppression
where (:page_key::text is null or (since, address)
    < (split_part(:page_key, '|', 1)::timestamptz, substr(:page_key, strpos(:page_key, '|') + 1)))
order by since desc, address desc
limit :page_limit
