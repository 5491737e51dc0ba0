-- out: pulih.notes.v1.AuditHead rows
-- read
select chain, sequence, head as hash
from notes.audit_chain
order by chain
