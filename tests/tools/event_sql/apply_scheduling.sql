-- in: EventBatch
-- out: Position
select transaction, id from listener.apply(:producer, :previous, :events)
