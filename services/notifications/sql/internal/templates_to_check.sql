-- out: TemplateToCheck rows
-- read
select t.key, t.language, t.subject, t.body, o.example::text as example
from notifications.template t
join notifications.occasion o on o.name = t.occasion
order by t.key, t.language
