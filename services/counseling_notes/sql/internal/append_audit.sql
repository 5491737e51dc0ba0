-- in: AppendAuditRequest
-- out: AuditStanding
-- Moving the chain's head from where the service last saw it is what orders two instances. When another has moved it,
-- this waits for that one, adds nothing, and says where the chain stands.
with entries as (
    select e.sequence, e.happened_at, e.actor_id, e.action, nullif(e.basis, '') as basis, e.prison_id,
        nullif(e.participant_id, '')::uuid as participant_id, nullif(e.subject_id, '')::uuid as subject_id, e.key_id,
        decode(e.hash, 'base64') as hash
    from jsonb_to_recordset(coalesce(:entries::jsonb, '[]')) as e (sequence bigint, happened_at timestamptz,
        actor_id uuid, action text, basis text, prison_id uuid, participant_id text, subject_id text, key_id text,
        hash text)
), moved as (
    update notes.audit_chain c
    set sequence = last.sequence, head = last.hash
    from (select sequence, hash from entries order by sequence desc limit 1) as last
    where c.chain = :chain and c.sequence = :after
    returning c.chain, c.sequence, c.head
), added as (
    insert into notes.audit (chain, sequence, happened_at, actor_id, action, basis, prison_id, participant_id,
        subject_id, key_id, hash)
    select m.chain, e.sequence, e.happened_at, e.actor_id, e.action, e.basis, e.prison_id, e.participant_id,
        e.subject_id, e.key_id, e.hash
    from entries e, moved m
), standing as (
    -- Locked, since that shows the chain as another has left it meanwhile; a plain look shows it as it was.
    select c.chain, c.sequence, c.head
    from notes.audit_chain c
    where c.chain = :chain and not exists (select from moved)
    for update
)
select chain, sequence, head, true as appended from moved
union all
select chain, sequence, head, false from standing
