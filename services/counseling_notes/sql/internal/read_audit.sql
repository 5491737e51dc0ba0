-- in: ReadAuditRequest
-- out: AuditEntry rows
-- read
select chain, sequence, happened_at, actor_id, action, basis, prison_id, participant_id, subject_id, key_id, hash
from notes.audit
where chain = :chain and sequence > :after and sequence <= :until
order by sequence
limit 1000
