-- What the books say of a month beside what the ledger says of its days: adjustments of closed months that are booked in it
-- (`ChargeClass` Correction), and, taken out again, what was learned of it after it was closed, which stands in a later month.
-- With both, the rows of a closed month sum to its statements. A row for each tenant, day, cost centre, provider, model and reason.
--
-- Parameters:
--   timezone String: of the days; only of tenants whose months begin by it
--   from, to DateTime64(9, 'UTC'): the days that are exported, half-open. Where they are a part of the month, only what was learned of
--     them is taken out again: corrections that are booked in it, and what plans make of it, are of the month as a whole
--   month_begins, month_ends DateTime64(9, 'UTC'): the billing period, half-open
--   month String: its name, such as 2024-10
--   invoice String: likewise; with how many times it was closed where that is more than once: 2024-10/2
--   issuer String: the organisation
--   providers, provider_titles Array(String): what calls call providers, and what these are called
-- Columns:
--   *: as FOCUS names them, those that such rows have
WITH
    {{focus_words}},
    of_a_list AS
    (
        SELECT key
        FROM book_entry
        WHERE posting IN (SELECT posting FROM book_event) AND list_cost != 0
            AND kind NOT IN ('usage', 'covered usage', 'idle energy')
    ),
    learned AS
    (
        SELECT
            if(month = {month:String}, 1, -1) AS sign,
            known.tenant_id AS tenant, cost_center, provider, model, reason, service_month, month AS booked_in,
            toDate(toTimeZone(e.ts, {timezone:String})) AS day,
            -- What is charged beside calls has no list but its price, to which a plan's markup belongs; some of it no list counts.
            sum(sign * multiIf(
                kind IN ('usage', 'covered usage', 'idle energy'), e.list_cost,
                e.list_cost != 0 OR kind IN ('allowance', 'minimum') OR e.cost = 0 AND e.key IN of_a_list, e.price,
                toDecimal128(0, 12))) AS listed,
            sum(sign * e.price) AS charged, sum(sign * e.calls) AS call_count,
            sum(sign * e.energy_wh) AS energy, sum(sign * e.co2e_g) AS co2e, sum(sign * e.co2e_g_least) AS co2e_least,
            sum(sign * e.co2e_g_most) AS co2e_most, sum(sign * e.co2e_market_g) AS co2e_market, sum(sign * e.embodied_g) AS embodied
        FROM book_entry AS e
        INNER JOIN (SELECT party, tenant_id FROM book_party WHERE timezone = {timezone:String}) AS known
            ON known.party = e.party
        WHERE posting IN (SELECT posting FROM book_event) AND service_month != month
            AND (month = {month:String} OR service_month = {month:String})
            AND ({from:DateTime64(9, 'UTC')} <= {month_begins:DateTime64(9, 'UTC')} AND {month_ends:DateTime64(9, 'UTC')} <= {to:DateTime64(9, 'UTC')}
                OR service_month = {month:String} AND kind NOT IN ('allowance', 'minimum')
                    AND {from:DateTime64(9, 'UTC')} <= e.ts AND e.ts < {to:DateTime64(9, 'UTC')})
        GROUP BY ALL
        HAVING listed != 0 OR charged != 0 OR call_count != 0 OR energy != 0 OR co2e != 0 OR co2e_market != 0 OR embodied != 0
    ),
    of_service AS
    (
        SELECT *, tenant AS whose, toDate(concat(service_month, '-01')) AS of_month, {{plan_tenant}} AS service_plan FROM learned
    ),
    of_statement AS
    (
        SELECT
            c.* EXCEPT (whose, of_month), c.of_month AS service_begins, c.tenant AS whose,
            toDate(concat({month:String}, '-01')) AS of_month, {{plan_tenant}} AS own_plan
        FROM of_service AS c
    ),
    -- In the currency of the month's statement, at the rate of the month that is corrected where that has the currency, too.
    billed AS
    (
        SELECT
            c.* EXCEPT (listed, charged),
            ifNull(own.currency, 'USD') AS currency,
            multiIf(own.currency IS NULL, toDecimal128(1, 22), ifNull(former.currency, '') = own.currency, former.usd_each,
                    own.usd_each) AS usd_each,
            in_currency(c.listed, ifNull(usd_each, toDecimal128(1, 22))) AS listed,
            in_currency(c.charged, ifNull(usd_each, toDecimal128(1, 22))) AS charged
        FROM of_statement AS c
        LEFT JOIN plan_month AS own
            ON own.tenant_id = c.own_plan AND own.month = c.of_month
        LEFT JOIN plan_month AS former
            ON former.tenant_id = c.service_plan AND former.month = c.service_begins
    )
SELECT
    charged AS BilledCost,
    tenant AS BillingAccountId, tenant AS BillingAccountName, 'Tenant' AS BillingAccountType, currency AS BillingCurrency,
    moment({month_ends:DateTime64(9, 'UTC')}) AS BillingPeriodEnd,
    moment({month_begins:DateTime64(9, 'UTC')}) AS BillingPeriodStart,
    'Adjustment' AS ChargeCategory,
    if(sign = 1, 'Correction', NULL) AS ChargeClass,
    concat(if(model = '', provider, model), if(model = '' AND provider = '', '', ', '),
        if(sign = 1, concat('correction of ', service_month, ': '), concat('in ', booked_in, ', after the close: ')), reason)
        AS ChargeDescription,
    'One-Time' AS ChargeFrequency,
    moment(toDateTime(day + 1, {timezone:String})) AS ChargePeriodEnd,
    moment(toDateTime(day, {timezone:String})) AS ChargePeriodStart,
    charged AS ContractedCost,
    charged AS EffectiveCost,
    if(title_of(provider) = '', {issuer:String}, title_of(provider)) AS HostProviderName,
    concat(InvoiceId, '/', arrayStringConcat(arrayFilter(word -> word != '', ['adjustment', provider]), '/')) AS InvoiceDetailId,
    concat(tenant, '/', {invoice:String}) AS InvoiceId,
    {issuer:String} AS InvoiceIssuerName,
    listed AS ListCost,
    currency AS PricingCurrency,
    charged AS PricingCurrencyEffectiveCost,
    {issuer:String} AS ProviderName,
    HostProviderName AS PublisherName,
    'AI and Machine Learning' AS ServiceCategory,
    concat(HostProviderName, ' Generative AI API') AS ServiceName,
    {issuer:String} AS ServiceProviderName,
    'Generative AI' AS ServiceSubcategory,
    nullIf(cost_center, '') AS SubAccountId,
    SubAccountId AS SubAccountName,
    if(SubAccountId IS NULL, NULL, 'Cost Center') AS SubAccountType,
    '{}' AS Tags,
    call_count AS x_Calls,
    toFloat64(co2e) / 1000 AS x_CarbonKg,
    toFloat64(co2e_most) / 1000 AS x_CarbonKgHigh,
    toFloat64(co2e_least) / 1000 AS x_CarbonKgLow,
    toFloat64(co2e_market) / 1000 AS x_CarbonKgMarketBased,
    toFloat64(embodied) / 1000 AS x_CarbonKgEmbodied,
    tenant AS x_ConsumerId,
    reason AS x_CorrectionReason,
    toFloat64(energy) / 1000 AS x_EnergyKwh
FROM billed
ORDER BY ChargePeriodStart, BillingAccountId, SubAccountId, provider, model, reason, booked_in
