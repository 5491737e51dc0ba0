-- in: ComposeMailsRequest
-- out: ComposedMail rows
-- read
-- Judges claimed deliveries by how things stand now, and writes the mails of those that hold: what one was about may have
-- changed since it was planned, also where the event of the change hasn't come yet.
with judged as materialized (
    select d.id, d.subject_id, d.recipient_id, d.day, r.occasion, r.template, r.waiting_days, p.email, p.name, p.language, case
        when not r.enabled then 'RULE_OFF'
        when d.useful_until <= context.now() then 'LATE'
        when p.id is null then 'RECIPIENT_GONE'
        when r.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED') and s.status is distinct from 'SCHEDULED'
            or r.occasion = 'SESSION_CANCELLED' and s.status is distinct from 'CANCELLED'
            or d.subject_version <> s.version
            or r.occasion = 'AGREEMENT_EXPIRING' and (a.renewed or a.status <> 'SIGNED') then 'CHANGED'
    end as cause
    from notifications.delivery d
    join notifications.rule r on r.key = d.rule
    left join identity.staff_contact p on p.id = d.recipient_id and p.active
        and (p.prison_id is null or p.prison_id = d.prison_id)
        and (p.roles && r.audience or r.occasion in ('SESSION_CHANGED', 'SESSION_CANCELLED'))
    left join scheduling.session_published s on s.id = d.subject_id and d.subject_version is not null
    left join enrollment.agreement_published a on a.id = d.subject_id and r.occasion = 'AGREEMENT_EXPIRING'
    where d.id = any (:delivery_ids::uuid[])
), said as materialized (
    select id, case when cause is null then notifications.fields_of(occasion, subject_id, recipient_id, day, waiting_days,
        language) end as fields
    from judged
)
select j.id as delivery_id, coalesce(j.cause, case when said.fields is null then 'EMPTY' end) as cause, j.email, j.name,
    j.language, t.subject, t.body, said.fields::text as fields
from judged j
join said on said.id = j.id
left join notifications.template t on t.key = j.template and t.language = j.language
