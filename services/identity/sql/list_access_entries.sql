select e.number, e.occurred_at, e.kind, e.actor_id, e.person_id, e.key_id, e.detail::text as detail, a.name as actor_name,
    p.name as person_name, e.number::text as page_key
from identity.access_log e
left join identity.person a on a.id = e.actor_id
left join identity.person p on p.id = e.person_id
where (:person_id::uuid is null or e.person_id = :person_id)
    and (:kind::text is null or e.kind = :kind)
    and (:page_key::text is null or e.number < :page_key::bigint)
order by e.number desc
limit :page_limit
