-- Keeps the terms of a reconciliation's bridge, as the report bills/bridge has them, for one that is allocated.
-- Parameters: reconciliation_id String: whose terms; the others as of the report.
INSERT INTO reconciliation_term
    (reconciliation_id, provider, account, model_key, model, meter, tier, day, cause, amount, covered, coverable, lines,
     unpriced_calls)
WITH
    {{model_key_of}},
    billed_lines AS MATERIALIZED
    (
        SELECT *
        FROM billed_charge
        WHERE provider = {provider:String} AND day BETWEEN {first:Date} AND {last:Date}
    ),
    {{metered_use}},
    {{bridge_terms}}
SELECT
    {reconciliation_id:String}, {provider:String}, account, model_key, model, meter, tier, day, cause, amount, covered, coverable,
    lines, unpriced_calls
FROM terms
SETTINGS enable_materialized_cte = 1
