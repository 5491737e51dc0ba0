-- without: path
select id, counsellor_id, prison_id, created_by as created_by_id, created_at, revoked_at, id::text as page_key
from scheduling.calendar_feed
where revoked_at is null
    and (:counsellor_id::uuid is null or counsellor_id = :counsellor_id)
    and (:prison_id::uuid is null or prison_id = :prison_id)
    and (:page_key::text is null or id > :page_key::uuid)
order by id
limit :page_limit
