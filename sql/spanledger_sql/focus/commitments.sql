-- The commitments whose time touches a period, for FOCUS's Contract Commitment.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   commitment_id, kind, amount, begins, ends, covers_usage, imported_at: as in `commitment`
--   provider: the one that it names, as calls do; '' where it names none, or several
--   agreed: when it was first imported, UTC
--   names: what it covers: providers, accounts, models, hosts, tenants, agents and users
SELECT
    one.commitment_id AS commitment_id,
    one.kind AS kind,
    one.amount AS amount,
    one.begins AS begins,
    one.ends AS ends,
    one.covers_usage AS covers_usage,
    one.imported_at AS imported_at,
    if(length(one.providers) = 1, one.providers[1], '') AS provider,
    least(one.begins, ifNull(history.first_said, one.begins)) AS agreed,
    arrayConcat(one.providers, one.accounts, one.models, one.hosts, one.tenants, one.agents, one.users) AS names
FROM (SELECT * FROM commitment FINAL) AS one
LEFT JOIN (SELECT name, toDateTime(min(at)) AS first_said FROM book_history WHERE kind = 'commitment' GROUP BY name) AS history
    ON history.name = one.commitment_id
WHERE one.begins < {to:DateTime64(9, 'UTC')} AND one.ends > {from:DateTime64(9, 'UTC')}
ORDER BY commitment_id
