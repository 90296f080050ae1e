-- From what was metered to what a provider billed, by cause: metered + the causes = billed, exactly, in every row.
--
-- The metered cost is the contracted one of the books' period, without calls that a commitment pays; the billed one that of
-- the bill's period, whose days are its zone's.
--
-- Parameters:
--   provider String: whose bills, as they name it
--   names Array(String): what calls name the provider
--   from, to DateTime64(9, 'UTC'): the books' period, half-open
--   begins, ends DateTime64(9, 'UTC'): the bill's period, half-open
--   first, last Date: its days, in `zone`
--   zone String: of the bill's days
--   drift Float64: the share of a quantity up to which a difference is one of counting, where nothing tells how many calls the
--     provider counted
--   by Array(String): any of account, model, meter, tier, day; the others are folded into ''
-- Columns:
--   whole: 1: the row of all; the others sum to it
--   account, model, meter, tier: '' where not asked for, or not told
--   day: in the bill's zone; '' where not asked for
--   metered: by the books, USD
--   zone_edges: calls that are in the bill's period and not in the books', less those that are the other way round, USD
--   duplicates: lines that the bill has twice, less calls that the ledger has twice, USD
--   unmetered_accounts: charges of accounts that no call is of, USD
--   missing_usage: billed, and not metered, USD
--   unbilled_usage: metered, and not billed; negative, USD
--   unbilled_days: metered on days that no bill covers; negative, USD
--   token_drift: the same calls, counted otherwise, USD
--   tiers: billed in another tier than metered, USD
--   price_differences: billed at another price, USD
--   unknown_lines: not understood, USD
--   commitments: capacity that tenants are charged as parts of commitments, USD
--   other_charges: storage, other capacity, fees and adjustments, which are no calls, USD
--   tax, credits: USD
--   rounding: USD
--   billed: by the bill, USD
--   difference: billed - metered, USD
--   covered: of the billed use, what is metered, USD
--   coverable: the billed use, unknown lines included, USD
--   coverage: covered / coverable; NULL where nothing was billed
--   lines: of the bill
--   unpriced_calls: metered ones without a price, whose cost is not in `metered`
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
    whole,
    if(whole = 0 AND has({by:Array(String)}, 'account'), terms.account, '') AS account,
    anyIf(terms.model, whole = 0 AND has({by:Array(String)}, 'model') AND terms.model != '') AS model,
    if(whole = 0 AND has({by:Array(String)}, 'meter'), terms.meter, '') AS meter,
    if(whole = 0 AND has({by:Array(String)}, 'tier'), terms.tier, '') AS tier,
    if(whole = 0 AND has({by:Array(String)}, 'day'), toString(terms.day), '') AS day,
    sumIf(terms.amount, terms.cause = 'metered') AS metered,
    sumIf(terms.amount, terms.cause = 'zone_edges') AS zone_edges,
    sumIf(terms.amount, terms.cause = 'duplicates') AS duplicates,
    sumIf(terms.amount, terms.cause = 'unmetered_accounts') AS unmetered_accounts,
    sumIf(terms.amount, terms.cause = 'missing_usage') AS missing_usage,
    sumIf(terms.amount, terms.cause = 'unbilled_usage') AS unbilled_usage,
    sumIf(terms.amount, terms.cause = 'unbilled_days') AS unbilled_days,
    sumIf(terms.amount, terms.cause = 'token_drift') AS token_drift,
    sumIf(terms.amount, terms.cause = 'tiers') AS tiers,
    sumIf(terms.amount, terms.cause = 'price_differences') AS price_differences,
    sumIf(terms.amount, terms.cause = 'unknown_lines') AS unknown_lines,
    sumIf(terms.amount, terms.cause = 'commitments') AS commitments,
    sumIf(terms.amount, terms.cause = 'other_charges') AS other_charges,
    sumIf(terms.amount, terms.cause = 'tax') AS tax,
    sumIf(terms.amount, terms.cause = 'credits') AS credits,
    sumIf(terms.amount, terms.cause = 'rounding') AS rounding,
    sumIf(terms.amount, terms.cause = 'billed') AS billed,
    billed - metered AS difference,
    sum(terms.covered) AS covered,
    sum(terms.coverable) AS coverable,
    if(coverable > 0, toFloat64(covered) / toFloat64(coverable), NULL) AS coverage,
    sum(terms.lines) AS lines,
    sum(terms.unpriced_calls) AS unpriced_calls
FROM terms
ARRAY JOIN [0, 1] AS whole
GROUP BY whole, account, if(whole = 0 AND has({by:Array(String)}, 'model'), terms.model_key, ''), meter, tier, day
ORDER BY whole, day, billed DESC, account, model, meter, tier
SETTINGS enable_materialized_cte = 1
