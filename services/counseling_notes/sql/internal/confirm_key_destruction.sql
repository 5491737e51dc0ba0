-- in: pulih.notes.v1.ConfirmKeyDestructionRequest
-- out: pulih.notes.v1.KeyDestruction
update notes.key_destruction
set confirmed_by = context.user_id(), confirmed_at = context.now()
where participant_id = :participant_id
returning participant_id, prison_id, reason, asked_by, asked_at, confirmed_by, confirmed_at
