-- What the hours of commitments cost, by call or by tenant: the allocation in force. amount in USD.
-- Needs: allocation, allocation_row

CREATE OR REPLACE VIEW allocated_cost AS
SELECT
    commitment_id,
    hour,
    tenant_id,
    trace_id,
    span_id,
    amount,
    idle
FROM allocation_row
WHERE idle != 2
    AND (commitment_id, version) IN (SELECT commitment_id, version FROM allocation FINAL);
