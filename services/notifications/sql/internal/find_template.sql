-- in: TemplateKey
-- out: TemplateToCheck
-- read
select t.key, t.language, t.subject, t.body, o.example::text as example
from notifications.template t
join notifications.occasion o on o.name = t.occasion
where t.key = :key and t.language = 'id'
