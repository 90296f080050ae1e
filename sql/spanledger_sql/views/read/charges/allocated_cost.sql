-- What the hours of commitments cost, by call or by tenant: the allocation in force.
--
-- Columns:
--   commitment_id: the commitment
--   hour: which hour's part, its start in UTC
--   tenant_id: who pays
--   trace_id, span_id: of the call, lower-case hex; '' where no call is named
--   amount: USD
--   idle: 1: for what nobody used; 0: for use
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
    AND (commitment_id, day, version) IN (SELECT commitment_id, day, version FROM allocation FINAL);
