-- in: pulih.notes.v1.AskKeyDestructionRequest
-- out: pulih.notes.v1.KeyDestruction
with added as (
    insert into notes.key_destruction (participant_id, prison_id, reason)
    select p.id, p.prison_id, :reason
    from enrollment.participant_published p
    where p.id = :participant_id
    on conflict (participant_id) do nothing
    returning participant_id, prison_id, reason, asked_by, asked_at, confirmed_by, confirmed_at
)
select participant_id, prison_id, reason, asked_by, asked_at, confirmed_by, confirmed_at from added
union all
select participant_id, prison_id, reason, asked_by, asked_at, confirmed_by, confirmed_at from notes.key_destruction
where participant_id = :participant_id
