select v.key, o.name as occasion, v.indonesian_subject as "indonesian.subject", v.indonesian_body as "indonesian.body",
    v.english_subject as "english.subject", v.english_body as "english.body", o.example::text as example, v.version,
    v.changed_at, v.changed_by, p.name as changed_by_name
from (select distinct on (key) * from notifications.template_version order by key, version desc) v
join notifications.template t on t.key = v.key and t.language = 'id'
join notifications.occasion o on o.name = t.occasion
left join identity.staff_published p on p.id = v.changed_by
order by v.key
