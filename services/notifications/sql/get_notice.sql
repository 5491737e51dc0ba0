select n.delivery_id as id, d.rule, r.occasion, d.subject_id, d.day, n.prison_id, n.subject, n.body, n.shown_at, n.read_at
from notifications.notice n
join notifications.delivery d on d.id = n.delivery_id
join notifications.rule r on r.key = d.rule
where n.delivery_id = :delivery_id
