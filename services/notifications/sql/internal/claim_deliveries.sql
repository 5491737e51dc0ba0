-- in: ClaimDeliveriesRequest
-- out: ClaimedDelivery rows
-- Takes what is due and in nobody's hands, passing over what another instance takes at this moment, and judges each by
-- how things stand now: what it was about may have changed since it was planned.
with due as materialized (
    select id, rule, subject_id, subject_version, recipient_id, prison_id, useful_until, attempt - attempts_before as tries
    from notifications.delivery
    where state = 'PENDING' and next_at <= context.now() and (lease_until is null or lease_until <= clock_timestamp())
    order by next_at
    limit :limit::integer
    for update skip locked
), judged as (
    select d.id, case
        when not r.enabled then 'RULE_OFF'
        when d.useful_until <= context.now() then 'LATE'
        when p.id is null then 'RECIPIENT_GONE'
        when r.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED') and s.status is distinct from 'SCHEDULED'
            or r.occasion = 'SESSION_CANCELLED' and s.status is distinct from 'CANCELLED'
            or d.subject_version <> s.version
            or r.occasion = 'AGREEMENT_EXPIRING' and (a.renewed or a.status <> 'SIGNED') then 'CHANGED'
        when d.tries >= :attempts_limit::integer then 'ATTEMPTS_USED'
    end as cause
    from due d
    join notifications.rule r on r.key = d.rule
    left join identity.staff_contact p on p.id = d.recipient_id and p.active
        and (p.prison_id is null or p.prison_id = d.prison_id)
        and (p.roles && r.audience or r.occasion in ('SESSION_CHANGED', 'SESSION_CANCELLED'))
    left join scheduling.session_published s on s.id = d.subject_id and d.subject_version is not null
    left join enrollment.agreement_published a on a.id = d.subject_id and r.occasion = 'AGREEMENT_EXPIRING'
)
update notifications.delivery d
set state = case when j.cause is null then 'PENDING' when j.cause = 'ATTEMPTS_USED' then 'DEAD' else 'SUPERSEDED' end,
    cause = j.cause,
    attempt = d.attempt + case when j.cause is null then 1 else 0 end,
    lease_until = case when j.cause is null then clock_timestamp() + :lease_ms::integer * interval '1 millisecond' end,
    settled_at = case when j.cause is not null then context.now() end
from judged j
where d.id = j.id
returning d.id as delivery_id, d.attempt, d.attempt - d.attempts_before as tries, d.state = 'PENDING' as taken
