select
    (select count(*) from scheduling.day_session d
        where d.prison_id = z.id and d.starts_at > context.now() - interval '60 days' and d.starts_at < context.now()
            and d.ends_at <= context.now() and d.status = 'SCHEDULED' and d.unmarked_count > 0)::integer as unmarked_count,
    (select count(*) from scheduling.session s
        where s.prison_id = z.id and s.starts_at > context.now() and s.starts_at < context.now() + interval '14 days'
            and s.status = 'CANCELLED' and s.cancel_reason = 'CONFLICT')::integer as conflict_count,
    (select count(*) from scheduling.block_move m where m.prison_id = z.id)::integer as moved_count
from enrollment.prison z
where z.id = :prison_id
