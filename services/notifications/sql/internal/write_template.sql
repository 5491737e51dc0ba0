-- in: pulih.notifications.v1.UpdateTemplateRequest
-- out: pulih.notifications.v1.Template
select w.key, o.name as occasion, w.indonesian_subject as "indonesian.subject", w.indonesian_body as "indonesian.body",
    w.english_subject as "english.subject", w.english_body as "english.body", o.example::text as example, w.version,
    w.changed_at, w.changed_by, p.name as changed_by_name
from notifications.write_template(:key, :version::integer, :indonesian.subject, :indonesian.body, :english.subject,
    :english.body) w
join notifications.template t on t.key = w.key and t.language = 'id'
join notifications.occasion o on o.name = t.occasion
left join identity.staff_published p on p.id = w.changed_by
