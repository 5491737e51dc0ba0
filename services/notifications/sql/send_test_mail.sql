-- The subject is the request itself, so that a repeated one is planned once. The event wakes the dispatchers.
with planned as (
    insert into notifications.delivery (rule, subject_id, recipient_id, due_at, useful_until)
    select 'TEST_MAIL', :id::uuid, context.user_id(), context.now(), context.now() + r.useful_for
    from notifications.rule r
    where r.key = 'TEST_MAIL'
    on conflict on constraint delivery_is_planned_once do update set rule = excluded.rule
    returning id, rule, subject_id, recipient_id, prison_id, planned_at, due_at, state, cause, settled_at, attempt,
        channel, receipt, receipt_at, xmax = 0 as is_new
), told as (
    select event.emit('notifications.test_planned', null, d.id, 1) from planned d where d.is_new
)
select d.id, d.rule, d.subject_id, 0 as subject_version, null::date as day, d.recipient_id, p.name as recipient_name,
    d.prison_id, d.planned_at, d.due_at, case when d.is_new then d.due_at else q.next_at end as next_at, d.state, d.cause,
    d.settled_at, coalesce(q.attempt, d.attempt) as attempt_count, notifications.attempts_of(d.id) as attempts,
    d.channel, d.receipt, d.receipt_at
from planned d
left join notifications.outbox q on q.delivery_id = d.id
left join identity.staff_published p on p.id = d.recipient_id
left join told on true
