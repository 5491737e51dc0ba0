-- Told apart: an address that isn't there, which nothing is sent to any more, and a server that won't have us.
-- Validated in 0212.
alter table notifications.delivery drop constraint delivery_cause_is_known, add constraint delivery_cause_is_known check (cause in (
    -- SUPERSEDED
    'CHANGED', 'EMPTY', 'LATE', 'RECIPIENT_GONE', 'RULE_OFF', 'AWAY', 'SUMMED_UP',
    -- DEAD: what its last channel came to
    'REFUSED', 'ATTEMPTS_USED', 'NO_ADDRESS', 'SUPPRESSED', 'ENDPOINT_OFF', 'UNDELIVERED', 'ADDRESS_UNKNOWN', 'POLICY')) not valid;
