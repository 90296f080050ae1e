-- FOCUS's Cost and Usage of some days, each a charge period: a row for each day, tenant, SKU, meter and price, whose unit prices times quantity
-- are its costs to the last digit; what is left of the ledger's cost by that is a row of its own (`Adjustment`).
--
-- Two views. As *internal issuer* the organisation bills its tenants: the tenant is the billing account and the month's
-- statement the invoice; what it pays by its price plan is what is billed, and contracted. As *provider view* providers bill the organisation: BilledCost and EffectiveCost are those of
-- invoices that were reconciled, and 0 of what is only metered.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the days, half-open
--   timezone String: of the days
--   month_begins, month_ends DateTime64(9, 'UTC'): the billing period, half-open
--   month String: its name, such as 2024-10
--   invoice String: likewise; with how many times it was closed where that is more than once: 2024-10/2
--   version String: of FOCUS, such as 1.4
--   internal UInt8: 1: as internal issuer; 0: provider view
--   issuer String: the organisation
--   providers, provider_titles Array(String): what calls call providers, and what these are called
--   tags Array(String): of feature, workflow, environment and service, those that become tags
--   custom Array(String): dimensions of one's own that become tags
--   term_tenants, term_kinds, term_plans, term_amounts, term_currencies Array(String): what price plans make of the month as a whole:
--     whose, `allowance` or `minimum`, by which plan, and how much in the plan's currency
-- Columns:
--   *: as FOCUS names them, of all versions, with those of this project (x_...) behind
WITH
    {{focus_words}},
    {{planned}},
    ((price, usd_each) -> if(usd_each = 1, price, toDecimal128(toDecimal256(price, 40) / toDecimal256(usd_each, 22), 22))) AS price_in_currency,
    charged AS
    (
        SELECT
            kind, charge_id, charge_kind, category, ts, ends, tenant_id, cost_center, feature, workflow, environment, service_name,
            dimensions, provider, provider_account, model, service_tier, cloud_region, inference_geo, price_status, price_id, meter,
            unit, price_step, quantity, list_price, contracted_price,
            -- What is bought has its price, and again what is used of it.
            if(kind = 'charge' AND charge_kind = 'prepaid', c.billed_cost, c.list_cost) AS list_cost,
            if(kind = 'charge' AND charge_kind = 'prepaid', c.billed_cost, c.contracted_cost) AS contracted_cost,
            billed_cost, effective_cost, paid_by, description, invoice_id, idle, first_of_call, known_calls, energy_wh, co2e_g, co2e_g_low, co2e_g_high,
            co2e_market_g, embodied_g, water_ml,
            if(tenant_id = '', '(unattributed)', tenant_id) AS whose,
            toDate(concat({month:String}, '-01')) AS of_month,
            if({internal:UInt8}, {{plan_tenant}}, '') AS plan_tenant
        FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS c
        -- Tenants do not pay what pays for their use in advance.
        WHERE NOT (kind = 'charge' AND charge_kind = 'prepaid' AND {internal:UInt8})
            -- The calls that draw credits down are charged themselves; credits were billed when they were bought.
            AND NOT (kind = 'charge' AND (charge_kind = 'drawdown' OR charge_kind = 'expired' AND effective_cost = 0))
    ),
    -- The same at the tenants' plans.
    planned AS
    (
        SELECT
            c.kind AS kind, c.charge_id AS charge_id, c.charge_kind AS charge_kind, c.category AS category, c.ts AS ts, c.ends AS ends,
            c.tenant_id AS tenant_id, c.cost_center AS cost_center, c.feature AS feature, c.workflow AS workflow,
            c.environment AS environment, c.service_name AS service_name, c.dimensions AS dimensions, c.provider AS provider,
            c.provider_account AS provider_account, c.model AS model, c.service_tier AS service_tier, c.cloud_region AS cloud_region,
            c.inference_geo AS inference_geo, c.price_status AS price_status, c.price_id AS price_id, c.meter AS meter, c.unit AS unit,
            c.price_step AS price_step, c.quantity AS quantity, c.list_price AS list_price, c.description AS description,
            c.invoice_id AS invoice_id, c.idle AS idle, c.first_of_call AS first_of_call, c.known_calls AS known_calls,
            c.energy_wh AS energy_wh, c.co2e_g AS co2e_g, c.co2e_g_low AS co2e_g_low, c.co2e_g_high AS co2e_g_high,
            c.co2e_market_g AS co2e_market_g, c.embodied_g AS embodied_g, c.water_ml AS water_ml,
            plan.plan_id IS NOT NULL AS has_plan,
            ifNull(plan.basis, 'effective') AS basis,
            ifNull(plan.factor, toDecimal128(1, 8)) AS factor,
            ifNull(plan.currency, 'USD') AS currency,
            ifNull(plan.usd_each, toDecimal128(1, 22)) AS usd_each,
            if(ifNull(plan.card, '') = '', [], lines_for(plan.card, c.provider, c.model)) AS lines,
            fitting(lines, c.meter, c.unit) AS fit,
            if(basis = 'effective', c.paid_by, '') AS paid_by,
            multiIf(
                NOT has_plan OR kind != 'call', c.contracted_price,
                notEmpty(fit), toNullable(toDecimal128(toDecimal256(fit[1].5, 18) * toDecimal256(plan.usd_each, 22), 22)),
                toDecimal128(toDecimal256(if(basis = 'list', c.list_price, c.contracted_price), 22) * toDecimal256(factor, 8), 22))
                AS contracted_price,
            multiIf(NOT has_plan OR kind = 'call', c.list_cost, marked_up(c.list_cost, factor)) AS list_cost,
            multiIf(
                NOT has_plan, c.contracted_cost,
                kind != 'call', marked_up(c.contracted_cost, factor),
                notEmpty(fit), toNullable(carded(fit[1].5, plan.usd_each, c.quantity)),
                meter = 'rounding' AND notEmpty(lines), toNullable(toDecimal128(0, 12)),
                marked_up(if(basis = 'list', c.list_cost, c.contracted_cost), factor)) AS contracted_cost,
            multiIf(
                NOT has_plan, c.billed_cost,
                kind != 'call', marked_up(c.billed_cost, factor),
                paid_by != '', toDecimal128(0, 12),
                contracted_cost) AS billed_cost,
            multiIf(NOT has_plan, c.effective_cost, kind != 'call', marked_up(c.effective_cost, factor), billed_cost) AS effective_cost
        FROM charged AS c
        LEFT JOIN plan_month AS plan
            ON plan.tenant_id = c.plan_tenant AND plan.month = c.of_month
        WHERE kind IN ('call', 'charge') OR basis = 'effective'
    ),
    both AS
    (
        SELECT
            kind, charge_id, charge_kind, category, ts, ends, tenant_id, cost_center, feature, workflow, environment, service_name,
            dimensions, provider, provider_account, model, service_tier, cloud_region, inference_geo, price_status, price_id, meter,
            unit, price_step, quantity,
            price_in_currency(p.list_price, p.usd_each) AS list_price,
            price_in_currency(p.contracted_price, p.usd_each) AS contracted_price,
            in_currency(p.list_cost, p.usd_each) AS list_cost,
            in_currency(p.contracted_cost, p.usd_each) AS contracted_cost,
            in_currency(p.billed_cost, p.usd_each) AS billed_cost,
            in_currency(p.effective_cost, p.usd_each) AS effective_cost,
            paid_by, description, invoice_id, idle, first_of_call, known_calls, energy_wh, co2e_g, co2e_g_low, co2e_g_high,
            co2e_market_g, embodied_g, water_ml, currency
        FROM planned AS p
        UNION ALL
        SELECT
            'plan', term.3, term.2, if(term.2 = 'allowance', 'Credit', 'Adjustment'), {month_begins:DateTime64(9, 'UTC')},
            {month_ends:DateTime64(9, 'UTC')}, term.1, '', '', '', '', '', map(), '', '', '', '', '', '', '', '', term.2, '', 0,
            NULL, NULL, NULL, amount, amount, amount, amount, '',
            concat(if(term.2 = 'allowance', 'free allowance of the plan ', 'what is lacking to the minimum of the plan '), term.3),
            '', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, term.5
        FROM
        (
            SELECT
                arrayJoin(arrayZip({term_tenants:Array(String)}, {term_kinds:Array(String)}, {term_plans:Array(String)},
                                   {term_amounts:Array(String)}, {term_currencies:Array(String)})) AS term,
                toDecimal128(term.4, 12) AS amount
        )
    ),
    grouped AS
    (
        SELECT
            kind,
            if(kind = 'call', '', charge_id) AS charge_id,
            charge_kind,
            category,
            toDate(toTimeZone(c.ts, {timezone:String})) AS day,
            if(kind IN ('call', 'commitment'), toDateTime(day, {timezone:String}), toDateTime(c.ts)) AS begins,
            if(kind IN ('call', 'commitment'), toDateTime(day + 1, {timezone:String}), toDateTime(c.ends)) AS finishes,
            if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
            cost_center,
            [if(has({tags:Array(String)}, 'feature'), feature, ''), if(has({tags:Array(String)}, 'workflow'), workflow, ''),
             if(has({tags:Array(String)}, 'environment'), environment, ''), if(has({tags:Array(String)}, 'service'), service_name, '')]
                AS tag_values,
            arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS own_values,
            currency,
            provider,
            provider_account,
            model,
            service_tier,
            cloud_region,
            inference_geo,
            price_status,
            if(position(price_id, '#') = 0, '', substring(price_id, position(price_id, '#') + 1)) AS price_variant,
            meter,
            unit,
            price_step,
            list_price,
            contracted_price,
            paid_by,
            c.description AS charge_description,
            c.invoice_id AS charge_invoice_id,
            idle,
            kind = 'call' AND meter != 'rounding' AND (list_price IS NULL OR contracted_price IS NULL) AS unpriced,
            sum(c.quantity) AS used,
            sum(toDecimal128(ifNull(c.list_cost, 0), 12)) AS listed,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS contracted,
            sum(toDecimal128(ifNull(c.billed_cost, 0), 12)) AS billed,
            sum(toDecimal128(ifNull(c.effective_cost, 0), 12)) AS effective,
            sum(if(first_of_call = 1, c.known_calls, 0)) AS calls,
            sum(c.energy_wh) / 1000 AS energy_kwh,
            sum(c.co2e_g) / 1000 AS carbon_kg,
            sum(c.co2e_g_low) / 1000 AS carbon_kg_low,
            sum(c.co2e_g_high) / 1000 AS carbon_kg_high,
            sum(c.co2e_market_g) / 1000 AS carbon_kg_market,
            sum(c.embodied_g) / 1000 AS embodied_kg,
            sum(c.water_ml) / 1000 AS water_l
        FROM both AS c
        GROUP BY ALL
    ),
    priced AS
    (
        SELECT
            *,
            category IN ('Usage', 'Purchase') AND NOT unpriced AND meter != 'rounding' AND billed >= 0 AS has_sku,
            kind = 'call' AND unit = 'Tokens' AS of_tokens,
            multiIf(NOT has_sku, NULL, kind != 'call', billed, of_tokens, toDecimal128(used / 1000000, 12), used) AS pricing_quantity,
            multiIf(NOT has_sku, NULL, kind != 'call', if(listed = 0 AND billed != 0, toDecimal128(0, 12), toDecimal128(1, 12)),
                    to_12(list_price * if(of_tokens, 1000000, 1))) AS list_unit_price,
            multiIf(NOT has_sku, NULL, kind != 'call', list_unit_price,
                    to_12(contracted_price * if(of_tokens, 1000000, 1))) AS contracted_unit_price,
            if(has_sku, product(list_unit_price, pricing_quantity), listed) AS list_cost,
            if(has_sku, product(contracted_unit_price, pricing_quantity), contracted) AS contracted_cost,
            multiIf(kind != 'call' OR NOT has_sku, billed, paid_by != '', toDecimal128(0, 12), contracted_cost) AS billed_cost,
            multiIf(kind != 'call' OR NOT has_sku, effective, paid_by != '', toDecimal128(0, 12), contracted_cost) AS effective_cost
        FROM grouped
    ),
    -- A row, and what it leaves of the ledger's cost.
    told AS
    (
        SELECT
            *,
            part.1 = 1 AS is_rest,
            part.1 = 2 AS is_purchase,
            part.2 AS list_cost_told,
            part.3 AS contracted_cost_told,
            part.4 AS billed_cost_told,
            part.5 AS effective_cost_told,
            has_sku AND NOT is_rest AS sku,
            multiIf(is_purchase, 'Purchase', is_rest OR unpriced OR meter = 'rounding' OR NOT has_sku AND category IN ('Usage', 'Purchase'), 'Adjustment',
                    category) AS charge_category,
            kind IN ('commitment', 'charge', 'invoice') AND NOT is_purchase AS allocated
        FROM priced
        ARRAY JOIN arrayFilter(
            one -> one.1 = 0 OR one.1 = 2 AND one.4 != 0 OR one.1 = 1 AND (one.2 != 0 OR one.3 != 0 OR one.4 != 0 OR one.5 != 0),
            [(toUInt8(2), billed, billed, if({internal:UInt8} OR kind != 'commitment', toDecimal128(0, 12), billed), toDecimal128(0, 12)),
             (toUInt8(0), list_cost, contracted_cost, billed_cost, effective_cost),
             (toUInt8(1), listed - list_cost, contracted - contracted_cost, billed - billed_cost, effective - effective_cost)]) AS part
    ),
    -- Of what is shared out as more to some and less to others each side is an origin, whose shares are from 0 to 1.
    sided AS
    (
        SELECT
            *,
            billed_cost_told < 0 AND max(billed_cost_told) OVER (
                PARTITION BY kind, charge_id, charge_kind, begins, finishes, is_purchase) > 0 AS is_less
        FROM told
    ),
    shared AS
    (
        SELECT
            *,
            sum(billed_cost_told) OVER origin AS origin_cost,
            sum(billed_cost_told) OVER up_to_here AS cost_up_to_here,
            count() OVER origin AS parts_of_origin,
            row_number() OVER up_to_here AS parts_up_to_here
        FROM sided
        WINDOW
            origin AS (PARTITION BY kind, charge_id, charge_kind, begins, finishes, is_purchase, is_less),
            up_to_here AS (PARTITION BY kind, charge_id, charge_kind, begins, finishes, is_purchase, is_less
                           ORDER BY tenant, cost_center, provider, model, tag_values, own_values, idle, provider_account, service_tier,
                                    cloud_region, inference_geo, is_rest ROWS UNBOUNDED PRECEDING)
    ),
    (
        SELECT groupArray((seller.name, done.begins, done.ends, done.invoice))
        FROM
        (
            SELECT
                provider, begins, ends,
                if(length(invoices) = 1, invoices[1], reconciliation_id) AS invoice
            FROM (SELECT * FROM reconciliation FINAL WHERE currency = 'USD') AS known
            LEFT JOIN
            (
                SELECT reconciliation_id AS id, arraySort(groupUniqArrayArray(bill.invoices)) AS invoices
                FROM (SELECT reconciliation_id, arrayJoin(bills) AS bill_id FROM reconciliation FINAL) AS of
                INNER JOIN (SELECT * FROM bill FINAL) AS bill
                    ON bill.bill_id = of.bill_id
                GROUP BY id
            ) AS billed
                ON billed.id = known.reconciliation_id
        ) AS done
        INNER JOIN
        (
            SELECT name, if(catalogue = '', name, catalogue) AS sold_by FROM provider
            UNION DISTINCT
            SELECT if(catalogue = '', name, catalogue), if(catalogue = '', name, catalogue) FROM provider
        ) AS seller
            ON seller.sold_by = done.provider
    ) AS reconciled,
    named AS
    (
        SELECT
            *,
            if(title_of(provider) = '', {issuer:String}, title_of(provider)) AS title,
            arrayFirst(done -> done.1 = provider AND begins >= done.2 AND begins < done.3, reconciled).4 AS reconciled_invoice,
            {internal:UInt8} OR reconciled_invoice != '' AND kind IN ('call', 'commitment', 'invoice') AS is_billed,
            -- The purchase of a commitment bears its money in the provider view, its use the amortised cost.
            NOT {internal:UInt8} AND kind = 'commitment' AS discounted,
            multiIf(
                kind = 'commitment', concat('commitment/', charge_id),
                kind != 'call', concat(kind, '/', if(provider = '', '', concat(provider, '/')), replaceAll(charge_kind, ' ', '-')),
                concat(provider, '/', model, '/', meter)) AS sku_id,
            arrayStringConcat(arrayFilter(word -> word != '', [
                sku_id,
                multiIf(is_purchase, 'purchase', kind != 'call', if(idle = 1, 'unused', 'used'), price_variant != '', price_variant, 'standard'),
                if(price_step = 0, '', concat('step-', toString(price_step))),
                if(inference_geo IN ('', 'not_available'), '', inference_geo),
                if(kind = 'call' AND paid_by != '', 'committed', '')]), '/') AS sku_price_id,
            if(kind = 'call', meter_title(meter, unit), title_case(charge_kind)) AS meter_name,
            -- What costs nothing is shared out evenly.
            if(origin_cost = 0,
                ratio_digits(parts_up_to_here, parts_of_origin) - ratio_digits(parts_up_to_here - 1, parts_of_origin),
                ratio_digits(cost_up_to_here, origin_cost) - ratio_digits(cost_up_to_here - billed_cost_told, origin_cost)) AS ratio,
            multiIf(model != '', model, provider != '', title, 'unknown model') AS called,
            -- Calls that a commitment pays are of it, too: what it costs stands with its own use.
            multiIf({internal:UInt8} OR NOT sku, '', kind = 'commitment', charge_id, kind = 'call', paid_by, '') AS discount_id,
            -- A credit is what it is billed.
            NOT is_billed AND charge_category = 'Credit' AS unbilled_credit
        FROM shared
    )
SELECT
    if(allocated, concat('{"Elements":[{"AllocatedRatio":', toString(ratio), ',"UsageUnit":"', currency, '","UsageQuantity":',
        toString(billed_cost_told), '}]}'), NULL) AS AllocatedMethodDetails,
    if(allocated, policy_of(kind, charge_id), NULL) AS AllocatedMethodId,
    if(allocated AND idle = 0 AND NOT startsWith(tenant, '('), tenant, NULL) AS AllocatedResourceId,
    AllocatedResourceId AS AllocatedResourceName,
    CAST(NULL, 'Nullable(String)') AS AllocatedTags,
    CAST(NULL, 'Nullable(String)') AS AvailabilityZone,
    if(is_billed AND (is_purchase OR NOT discounted), billed_cost_told, toDecimal128(0, 12)) AS BilledCost,
    if({internal:UInt8}, tenant, if(provider_account = '', title, provider_account)) AS BillingAccountId,
    BillingAccountId AS BillingAccountName,
    if({internal:UInt8}, 'Tenant', 'Account') AS BillingAccountType,
    currency AS BillingCurrency,
    moment({month_ends:DateTime64(9, 'UTC')}) AS BillingPeriodEnd,
    moment({month_begins:DateTime64(9, 'UTC')}) AS BillingPeriodStart,
    CAST(NULL, 'Nullable(String)') AS CapacityReservationId,
    CAST(NULL, 'Nullable(String)') AS CapacityReservationStatus,
    charge_category AS ChargeCategory,
    CAST(NULL, 'Nullable(String)') AS ChargeClass,
    multiIf(
        is_rest OR meter = 'rounding', concat(called, ': least charges and rounding'),
        unpriced, concat(called, ' ', meter_name, ': used, without a known price'),
        charge_description != '', charge_description,
        kind = 'commitment', concat(charge_id, ', ', multiIf(is_purchase, 'purchase', idle = 1, 'unused', 'used')),
        kind = 'call', concat(called, ' ', meter_name),
        concat(if(provider = '', '', concat(title, ' ')), meter_name)) AS ChargeDescription,
    multiIf(is_purchase OR charge_kind IN ('seats', 'subscription', 'fee'), 'Recurring',
            charge_category = 'Usage', 'Usage-Based', 'One-Time') AS ChargeFrequency,
    moment(finishes) AS ChargePeriodEnd,
    moment(begins) AS ChargePeriodStart,
    if(discount_id = '', NULL, 'Spend') AS CommitmentDiscountCategory,
    nullIf(discount_id, '') AS CommitmentDiscountId,
    CommitmentDiscountId AS CommitmentDiscountName,
    multiIf(discount_id = '', NULL, discounted, billed_cost_told, toDecimal128(0, 12)) AS CommitmentDiscountQuantity,
    multiIf(discount_id = '' OR is_purchase, NULL, idle = 1, 'Unused', 'Used') AS CommitmentDiscountStatus,
    if(discount_id = '', NULL, title_case(kind_of_commitment(discount_id))) AS CommitmentDiscountType,
    if(discount_id = '', NULL, 'USD') AS CommitmentDiscountUnit,
    CAST(NULL, 'Nullable(String)') AS CommitmentProgramEligibilityDetails,
    multiIf(NOT sku OR charge_category != 'Usage' OR discounted AND idle = 1, NULL, kind = 'call', used, pricing_quantity) AS ConsumedQuantity,
    multiIf(ConsumedQuantity IS NULL, NULL, kind = 'call', focus_unit(unit), currency) AS ConsumedUnit,
    -- 1.3 asks for four keys, and takes no others; since 1.4 the contract is one, and what does not apply is left out.
    if(kind = 'commitment' AND NOT is_purchase OR kind = 'call' AND discount_id != '', concat('{"Elements":[{',
        if({version:String} = '1.3', '', concat('"ContractId":', toJSONString(x_CommitmentId), ',')),
        if({version:String} = '1.3', '"ContractCommitmentID":', '"ContractCommitmentId":'), toJSONString(x_CommitmentId),
        ',"ContractCommitmentAppliedCost":', toString(effective_cost_told),
        if({version:String} = '1.3', concat(',"ContractCommitmentAppliedQuantity":', toString(effective_cost_told),
            ',"ContractCommitmentAppliedUnit":', toJSONString(currency)), ''), '}]}'), NULL) AS ContractApplied,
    if(unbilled_credit, toDecimal128(0, 12), contracted_cost_told) AS ContractedCost,
    if(sku, if(is_purchase, toDecimal128(1, 12), contracted_unit_price), NULL) AS ContractedUnitPrice,
    if(is_billed, effective_cost_told, toDecimal128(0, 12)) AS EffectiveCost,
    title AS HostProviderName,
    concat(InvoiceId, '/', arrayStringConcat(arrayFilter(word -> word != '', [
        if({internal:UInt8}, '', BillingAccountId), lower(charge_category), provider]), '/')) AS InvoiceDetailId,
    if({internal:UInt8}, concat(tenant, '/', {invoice:String}), if(is_billed, reconciled_invoice, NULL)) AS InvoiceId,
    if({internal:UInt8}, {issuer:String}, title) AS InvoiceIssuerName,
    if(unbilled_credit, toDecimal128(0, 12), list_cost_told) AS ListCost,
    if(sku, if(is_purchase, toDecimal128(1, 12), list_unit_price), NULL) AS ListUnitPrice,
    multiIf(NOT sku, NULL, charge_category = 'Purchase', 'Standard', discount_id != '', 'Committed', kind = 'call' AND paid_by = '', 'Standard', 'Other') AS PricingCategory,
    currency AS PricingCurrency,
    ContractedUnitPrice AS PricingCurrencyContractedUnitPrice,
    EffectiveCost AS PricingCurrencyEffectiveCost,
    ListUnitPrice AS PricingCurrencyListUnitPrice,
    if(sku, pricing_quantity, NULL) AS PricingQuantity,
    multiIf(NOT sku, NULL, kind != 'call', currency, of_tokens, '1000000 Tokens', focus_unit(unit)) AS PricingUnit,
    if({internal:UInt8}, {issuer:String}, title) AS ProviderName,
    title AS PublisherName,
    nullIf(cloud_region, '') AS RegionId,
    nullIf(cloud_region, '') AS RegionName,
    -- Of what is bought, and of what nobody used, the commitment itself; its name is no other.
    if(discounted AND (is_purchase OR idle = 1), nullIf(discount_id, ''), NULL) AS ResourceId,
    CAST(NULL, 'Nullable(String)') AS ResourceName,
    if(ResourceId IS NULL, NULL, CommitmentDiscountType) AS ResourceType,
    'AI and Machine Learning' AS ServiceCategory,
    concat(title, ' Generative AI API') AS ServiceName,
    ProviderName AS ServiceProviderName,
    'Generative AI' AS ServiceSubcategory,
    if(sku, sku_id, NULL) AS SkuId,
    if(sku, meter_name, NULL) AS SkuMeter,
    if(sku AND kind = 'call', json_of([
        ('x_ModelId', model),
        ('x_ModelVersion', extract(model, '(\\d{4}-?\\d{2}-?\\d{2})$')),
        ('x_Modality', modality(meter)),
        ('x_ServiceTier', price_variant),
        ('x_ServingScope', multiIf(inference_geo IN ('', 'not_available'), '', inference_geo = 'global', 'Global', 'Regional')),
        ('x_TokenCacheAction', cache_action(meter)),
        ('x_TokenDirection', direction(meter))]), NULL) AS SkuPriceDetails,
    if(sku, sku_price_id, NULL) AS SkuPriceId,
    nullIf(if({internal:UInt8}, cost_center, tenant), '') AS SubAccountId,
    SubAccountId AS SubAccountName,
    if(SubAccountId IS NULL, NULL, if({internal:UInt8}, 'Cost Center', 'Tenant')) AS SubAccountType,
    json_of(arrayConcat(
        arrayZip(['feature', 'workflow', 'environment', 'service'], tag_values),
        arrayZip({custom:Array(String)}, own_values))) AS Tags,
    if(allocated, concat(kind, '/', charge_id, '/', replaceAll(charge_kind, ' ', '-'), if(is_less, '/less', '')), NULL) AS x_AllocationOriginId,
    toInt64(calls) AS x_Calls,
    if(is_rest OR is_purchase, NULL, carbon_kg) AS x_CarbonKg,
    if(is_rest OR is_purchase, NULL, embodied_kg) AS x_CarbonKgEmbodied,
    if(is_rest OR is_purchase, NULL, carbon_kg_high) AS x_CarbonKgHigh,
    if(is_rest OR is_purchase, NULL, carbon_kg_low) AS x_CarbonKgLow,
    if(is_rest OR is_purchase, NULL, carbon_kg_market) AS x_CarbonKgMarketBased,
    if(kind = 'commitment', charge_id, nullIf(paid_by, '')) AS x_CommitmentId,
    tenant AS x_ConsumerId,
    CAST(NULL, 'Nullable(String)') AS x_CorrectionReason,
    if(is_rest OR is_purchase, NULL, energy_kwh) AS x_EnergyKwh,
    nullIf(price_status, '') AS x_PriceStatus,
    nullIf(provider_account, '') AS x_ProviderAccountId,
    if(unpriced, used, NULL) AS x_UnpricedQuantity,
    if(unpriced, focus_unit(unit), NULL) AS x_UnpricedUnit,
    if(is_rest OR is_purchase, NULL, water_l) AS x_WaterLitres
FROM named
ORDER BY ChargePeriodStart, BillingAccountId, SubAccountId, kind, provider, model, SkuId, SkuPriceId, ChargeDescription,
    ListUnitPrice, ContractedUnitPrice, Tags, x_ProviderAccountId, RegionId
