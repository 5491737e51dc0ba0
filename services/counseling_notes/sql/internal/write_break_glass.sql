-- in: pulih.notes.v1.RequestBreakGlassRequest
-- out: pulih.notes.v1.BreakGlass
-- without: participant_name, register_number, asked_by_name
with added as (
    insert into notes.break_glass (id, prison_id, participant_id, reason, ends_at)
    select :id, p.prison_id, p.id, :reason, context.now() + :minutes * interval '1 minute'
    from enrollment.participant_published p
    where p.id = :participant_id
    on conflict (id) do nothing
    returning id, prison_id, participant_id, asked_by, reason, asked_at, ends_at, verdict, reviewed_by, reviewed_at,
        comment
)
select id, prison_id, participant_id, asked_by, reason, asked_at, ends_at, verdict, reviewed_by, reviewed_at, comment
from added
union all
select id, prison_id, participant_id, asked_by, reason, asked_at, ends_at, verdict, reviewed_by, reviewed_at, comment
from notes.break_glass
where id = :id and asked_by = context.user_id()
