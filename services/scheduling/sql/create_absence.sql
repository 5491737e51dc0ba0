with made as (
    insert into scheduling.counsellor_absence (id, counsellor_id, starts_at, ends_at, note)
    values (:id, :counsellor_id, :starts_at, :ends_at, coalesce(:note, ''))
    on conflict (id) do update set id = excluded.id
    returning id, counsellor_id, starts_at, ends_at, note, withdrawn_at
)
select m.id, m.counsellor_id, m.starts_at, m.ends_at, m.note, (
    select count(*)::integer from scheduling.session_counsellor c
    where c.counsellor_id = m.counsellor_id and c.occupies and c.starts_at > context.now()
        and c.starts_at < m.ends_at and c.ends_at > m.starts_at) as affected_count, m.withdrawn_at is not null as withdrawn
from made m
