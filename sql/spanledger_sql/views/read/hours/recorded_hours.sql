-- What calls say of themselves, for who asks what there is and not how much: sums of days and hours where they hold, and rows of
-- the ledger where not, without looking which replace others.
--
-- Parameters:
--   told Array(String): names of one's own dimensions that are looked at; sums need not tell these apart
-- Columns:
--   tenant_id, cost_center, environment, service_name, feature, workflow, provider, model, zone, dimensions: as in `calls`
--   reports: how many rows of the ledger say so
-- Needs: ledger, ledger_standing, ledger_sum

CREATE OR REPLACE VIEW recorded_hours AS
WITH
    (
        SELECT (groupArrayIf((hours, midnight, begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
        FROM ledger_standing(from = '1900-01-01 00:00:00', to = '2262-04-11 23:47:16', moment = '2200-01-01 00:00:00',
            grain = 'period', timezone = 'UTC', told = {told:Array(String)})
    ) AS to_read
SELECT *
FROM
(
    SELECT
        tenant_id, cost_center, environment, service_name, feature, workflow, provider, model, zone, dimensions,
        ledger_rows AS reports
    FROM ledger_sum
    WHERE (hours, midnight, begins, built) IN to_read.1
    UNION ALL
    SELECT
        tenant_id, cost_center, environment, service_name, feature, workflow, provider,
        if(response_model != '', response_model, request_model) AS model,
        zone, dimensions,
        toUInt64(1)
    FROM ledger
    WHERE counted = 1 AND toStartOfHour(ts) IN to_read.2
);
