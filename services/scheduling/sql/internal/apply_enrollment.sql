-- in: pulih.event.v1.EventBatch
-- out: pulih.event.v1.Position
select transaction::text::bigint as transaction, id
from scheduling.apply_enrollment(:previous, :events)
