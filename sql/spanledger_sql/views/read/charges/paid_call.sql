-- Calls that a commitment pays, each once with the first of its commitments by name: they are not charged by use.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): calls that started then, half-open
-- Columns:
--   trace_id, span_id: of the call, lower-case hex
--   commitment_id: who pays it
-- Needs: covered_call

CREATE OR REPLACE VIEW paid_call AS
SELECT
    trace_id,
    span_id,
    min(commitment_id) AS commitment_id
FROM covered_call
WHERE covers_usage AND in_term AND NOT names_nothing
    AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
GROUP BY trace_id, span_id;
