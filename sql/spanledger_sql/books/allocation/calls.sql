-- What the allocation of commitments rests on, by day: a hash of all that it reads of the calls that each covers. A day that
-- has the hash of before is allocated as it must be.
-- Parameters: commitments Array(String); from, until DateTime('UTC'): calls of that time, half-open; days Array(Date): of
--     these days alone, UTC; none: of all.
-- Columns: commitment_id; day; calls: the hash.
SELECT
    call.commitment_id AS commitment_id,
    toDate(call.ts, 'UTC') AS day,
    sum(cityHash64(
        call.trace_id, call.span_id, call.ts, call.tenant_id, call.user_id, call.input_tokens, call.output_tokens,
        call.duration_ms, call.least_calls,
        -- What goes beyond an allowance is of what calls cost.
        if(call.commitment_id IN (SELECT commitment_id FROM commitment FINAL WHERE allowance > 0),
           ifNull(call.contracted_cost, 0), 0))) AS calls
FROM covered_call AS call
WHERE has({commitments:Array(String)}, call.commitment_id) AND call.in_term
    AND call.ts >= {from:DateTime('UTC')} AND call.ts < {until:DateTime('UTC')}
    AND (empty({days:Array(Date)}) OR has({days:Array(Date)}, toDate(call.ts, 'UTC')))
GROUP BY commitment_id, day
