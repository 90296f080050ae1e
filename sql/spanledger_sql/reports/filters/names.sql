-- The names that calls have: tenants, models and providers, and those of dimensions of one's own.
--
-- Columns:
--   kind: 'tenant', 'model', 'provider' or 'dimension'
--   name: as in the ledger
--   calls: counted ones, as far as it is known how many they are
SELECT
    said.1 AS kind,
    said.2 AS name,
    sum(known_calls) AS calls
FROM calls
ARRAY JOIN arrayDistinct(arrayConcat(
    [('tenant', CAST(tenant_id, 'String')), ('provider', CAST(provider, 'String')),
     ('model', CAST(request_model, 'String')), ('model', CAST(model, 'String'))],
    arrayMap(name -> ('dimension', CAST(name, 'String')), mapKeys(dimensions))
)) AS said
WHERE name != ''
GROUP BY kind, name
ORDER BY kind, name
