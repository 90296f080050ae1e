-- Server software whose calls nobody metered and the configuration does not name as own: they count as purchased use.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   own_providers, own_hosts Array(String): as calls have them (`provider`, `host_name`)
-- Columns:
--   provider: the software
--   calls: of the period, counted ones
SELECT
    c.provider AS provider,
    sum(c.known_calls) AS calls
FROM calls AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
    AND c.energy_method != 'measured'
    AND NOT has({own_providers:Array(String)}, c.provider)
    AND NOT has({own_hosts:Array(String)}, c.host_name)
    AND c.provider IN (SELECT name FROM provider WHERE NOT is_api)
GROUP BY provider
ORDER BY provider
