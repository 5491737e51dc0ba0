-- in: SaidReceipts
-- out: RecordedReceipts
-- In one order, so that two gateways' receipts don't wait for one another.
select count(*) filter (where notifications.record_receipt(delivery_id, :channel, receipt))::integer as changed_count
from (
    select delivery_id, receipt
    from unnest(:delivery_ids::uuid[], :receipts::text[]) as said (delivery_id, receipt)
    order by delivery_id, receipt
) said
