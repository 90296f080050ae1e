-- The commitments, and how far each is allocated.
--
-- Columns:
--   commitment: its name
--   kind: what it is
--   amount: of its whole period, USD
--   given: the amount in the currency of its file, with the rate; '' where that is USD
--   from, to: its period, half-open, UTC
--   covers: what it names
--   policy: how it is allocated
--   idle: who bears unused cost
--   pays_usage: 1: the calls it covers are charged with it alone
--   allocated: how much of it is, USD
--   until: how far the allocation goes, UTC; NULL: nothing is allocated
--   idle_cost: of the allocated, for what nobody used, USD
--   source: the file
SELECT
    one.commitment_id AS commitment,
    one.kind AS kind,
    one.amount AS amount,
    if(one.currency = 'USD', '', concat(
        toString(one.given_amount), ' ', one.currency, ' at ', toString(one.exchange_rate), ' USD')) AS given,
    one.begins AS from,
    one.ends AS to,
    arrayStringConcat(
        arrayConcat(one.providers, one.accounts, one.models, one.hosts, one.tenants, one.agents, one.users, one.share_tenants), ', '
    ) AS covers,
    one.policy AS policy,
    if(one.idle = 'owner', one.idle_owner, one.idle) AS idle,
    one.covers_usage = 1 AS pays_usage,
    ifNull(done.allocated, 0) AS allocated,
    done.until AS until,
    ifNull(unused.amount, 0) AS idle_cost,
    one.source AS source
FROM (SELECT * FROM commitment FINAL) AS one
LEFT JOIN
(
    SELECT commitment_id, sum(allocation.allocated) AS allocated, max(allocation.until) AS until
    FROM allocation FINAL
    GROUP BY commitment_id
) AS done
    ON done.commitment_id = one.commitment_id
LEFT JOIN
(
    SELECT commitment_id, sum(amount) AS amount FROM allocated_cost WHERE idle = 1 GROUP BY commitment_id
) AS unused
    ON unused.commitment_id = one.commitment_id
ORDER BY from, commitment
