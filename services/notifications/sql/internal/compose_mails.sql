-- in: ComposeMailsRequest
-- out: ComposedMail rows
-- read
select d.id as delivery_id, p.email, p.name, p.language, t.subject, t.body, f.fields::text as fields
from notifications.delivery d
join notifications.rule r on r.key = d.rule
join identity.staff_contact p on p.id = d.recipient_id
join notifications.template t on t.key = r.template and t.language = p.language
cross join lateral notifications.fields_of(r.occasion, d.subject_id, d.recipient_id, d.day, r.waiting_days, p.language)
    as f (fields)
where d.id = any (:delivery_ids::uuid[]) and f.fields is not null
