-- in: pulih.notes.v1.ReviewBreakGlassRequest
-- out: pulih.notes.v1.BreakGlass
-- without: participant_name, register_number, asked_by_name
update notes.break_glass
set verdict = :verdict, comment = :comment, reviewed_by = context.user_id(), reviewed_at = context.now()
where id = :break_glass_id
returning id, prison_id, participant_id, asked_by, reason, asked_at, ends_at, verdict, reviewed_by, reviewed_at, comment
