-- Takes the result of a Logfire stream, a span in a trace of its own, for one inside the span that asked for the stream:
-- the one of that service and model that ended last before the result's stream began; of one tenant, where tokens say whose
-- they are.
-- Parameters: candidates, nestings Identifier: the worker's scratch tables.
INSERT INTO {nestings:Identifier}
WITH
    if(match(tenant_source, '^token( over .*)?$'), tenant_id, '') AS pinned_tenant,
    asked AS
    (
        SELECT
            span, service_name, model, pinned_tenant AS realm, ends, toStartOfMinute(ends) AS minute,
            row_number() OVER (PARTITION BY service_name, model, realm, ends ORDER BY begins, span) AS place
        FROM {candidates:Identifier}
        WHERE startsWith(reporter, 'logfire') AND NOT endsWith(reporter, ' stream') AND NOT has_usage AND NOT failed
    ),
    result AS
    (
        SELECT
            told.span AS span,
            told.service_name AS service_name,
            told.model AS model,
            told.realm AS realm,
            asked.ends AS ends,
            row_number() OVER (PARTITION BY service_name, model, realm, ends ORDER BY told.begins, told.span) AS place
        FROM
        (
            SELECT
                span, service_name, model, pinned_tenant AS realm, begins, toStartOfMinute(begins) AS minute,
                begins + INTERVAL 5 MILLISECOND AS latest
            FROM {candidates:Identifier}
            WHERE startsWith(reporter, 'logfire') AND endsWith(reporter, ' stream')
        ) AS told
        ASOF INNER JOIN asked
            ON asked.service_name = told.service_name AND asked.model = told.model AND asked.realm = told.realm
            AND asked.minute = told.minute
            AND asked.ends <= told.latest
    )
SELECT
    result.span AS inner_span,
    asked.span AS outer_span
FROM result
INNER JOIN asked
    ON asked.service_name = result.service_name AND asked.model = result.model AND asked.realm = result.realm
    AND asked.ends = result.ends
    AND asked.place = result.place
