-- without: example
select v.key, t.occasion, v.indonesian_subject as "indonesian.subject", v.indonesian_body as "indonesian.body",
    v.english_subject as "english.subject", v.english_body as "english.body", v.version, v.changed_at, v.changed_by,
    p.name as changed_by_name, v.version::text as page_key
from notifications.template_version v
join notifications.template t on t.key = v.key and t.language = 'id'
left join identity.staff_published p on p.id = v.changed_by
where v.key = :key and (:page_key::text is null or v.version < :page_key::integer)
order by v.version desc
limit :page_limit
