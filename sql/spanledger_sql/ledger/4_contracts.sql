-- Stage 4: puts down what contract books say about the batch's calls: for each date on which one of them changes, the entry
-- of the book that comes first, a tenant's before an account's, an environment's and everybody's.
-- Parameters: batch, contracts Identifier: the tables of stage 1 and of this one.
INSERT INTO {contracts:Identifier}
WITH
    {{charge_of_others}},
    called AS
    (
        SELECT
            agreement_key,
            any(provider) AS provider,
            any(request_model) AS request_model,
            any(response_model) AS response_model,
            any(service_tier) AS service_tier,
            any(speed) AS speed,
            any(vendor_unit) AS vendor_unit,
            any(other_units) AS other_units,
            any(contract_region) AS region,
            any(contract_account) AS account,
            any(contract_environment) AS environment
        FROM {batch:Identifier}
        GROUP BY agreement_key
    ),
    offered AS
    (
        SELECT
            call.contract_key AS contract_key,
            call.vendor_unit AS vendor_unit,
            call.other_units AS other_units,
            price.valid_from AS valid_from,
            price.applies = 1 AS applies,
            price.price_id AS price_id,
            price.precedence AS precedence
        FROM
        (
            SELECT
                *,
                -- Whose a call is, the span alone does not tell.
                arrayJoin(arrayPushFront(
                    (SELECT groupUniqArray(tenant_id) FROM price_book FINAL WHERE NOT deleted AND tenant_id != ''), '')
                ) AS tenant,
                cityHash64(agreement_key, cityHash64(tenant)) AS contract_key
            FROM called
        ) AS call
        INNER JOIN (SELECT * FROM model_resolution FINAL) AS resolution
            ON resolution.provider = call.provider AND resolution.request_model = call.request_model
            AND resolution.response_model = call.response_model
        INNER JOIN contract_price AS price
            ON price.provider = resolution.seller AND price.model = resolution.price_model
        WHERE price.tenant_id IN ('', call.tenant)
            AND price.provider_account IN ('', call.account)
            AND price.environment IN ('', call.environment)
            AND price.service_tier IN ('', call.service_tier)
            AND price.speed IN ('', call.speed)
            AND price.region IN ('', call.region)
        ORDER BY price.service_tier != '' DESC, price.speed != '' DESC, price.region != '' DESC
        LIMIT 1 BY contract_key, price.contract, valid_from
    ),
    in_force AS
    (
        SELECT
            contract_key,
            vendor_unit,
            other_units,
            valid_from,
            argMaxIf((applies, price_id), valid_from, precedence = 1) OVER until_then AS of_tenant,
            argMaxIf((applies, price_id), valid_from, precedence = 2) OVER until_then AS of_account,
            argMaxIf((applies, price_id), valid_from, precedence = 3) OVER until_then AS of_environment,
            argMaxIf((applies, price_id), valid_from, precedence = 4) OVER until_then AS of_everybody
        FROM offered
        WINDOW until_then AS (PARTITION BY contract_key ORDER BY valid_from)
    ),
    covered AS
    (
        SELECT
            contract_key,
            vendor_unit,
            other_units,
            valid_from,
            multiIf(
                tupleElement(of_tenant, 1), tupleElement(of_tenant, 2),
                tupleElement(of_account, 1), tupleElement(of_account, 2),
                tupleElement(of_environment, 1), tupleElement(of_environment, 2),
                tupleElement(of_everybody, 1), tupleElement(of_everybody, 2), '') AS price_id
        FROM in_force
        LIMIT 1 BY contract_key, valid_from
    )
SELECT
    covered.contract_key AS contract_key,
    covered.valid_from AS valid_from,
    covered.price_id AS price_id,
    price.token_priced AS token_priced,
    arrayStringConcat(ifNull(price.text_priced, []), ' ') AS text_priced,
    price.unit_prices[indexOf(price.units, covered.vendor_unit)] AS unit_price,
    has(price.units, covered.vendor_unit) AS unit_known,
    price.unit_minimum_cost AS unit_minimum_cost,
    charge_of_others(covered.other_units, price.units, price.unit_prices) AS other_charge,
    if(other_charge = 0, '', others_left(covered.other_units, price.units)) AS others_unpriced,
    price.tier_starts AS tier_starts,
    price.window_starts AS window_starts,
    price.steps AS steps
FROM covered
LEFT JOIN contract_price AS price
    ON price.price_id = covered.price_id
