select number, occurred_at, kind, actor_id, person_id, key_id, detail::text as detail, number::text as page_key
from identity.access_log
where (:person_id::uuid is null or person_id = :person_id)
    and (:kind::text is null or kind = :kind)
    and (:page_key::text is null or number < :page_key::bigint)
order by number desc
limit :page_limit
