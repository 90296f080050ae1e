-- What a method statement adds up, idle metered hosts included, and a fingerprint of the rows that it is about.
--
-- Figures are summed as decimals of 1e-12, so that the same rows give the same sum in whatever order they are read.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   calls: counted ones
--   first_call, last_call: when the first and the last one started, UTC
--   idle_wh, idle_co2e_g: of the sums, what metered hosts drew while no call ran, Wh and gCO2e
--   energy_wh, energy_wh_least, energy_wh_most: Wh at the facility, with the ends of the assumptions, sum of what is known; so
--     are all sums
--   co2e_g, co2e_g_least, co2e_g_most: location-based, with the ends of the assumptions, gCO2e
--   co2e_market_g: market-based, gCO2e
--   embodied_g: of the hardware, gCO2e
--   water_ml: on site and at the power plants, mL
--   unknown_energy_calls, unknown_co2e_calls, unknown_market_calls, unknown_embodied_calls, unknown_water_calls: what
--     the sum leaves out
--   fingerprint: 16 hex digits over the identity and the figures of each call and idle hour: another value says that a row
--     was added, removed or restated
WITH
    (
        SELECT groupBitXor(cityHash64(
            c.trace_id, c.span_id, c.tenant_id, c.model, c.input_tokens, c.output_tokens,
            c.energy_id, c.energy_method, c.zone, c.intensity_source, c.intensity_resolution,
            ifNull(toString(c.energy_wh), ''), ifNull(toString(c.intensity_g_per_kwh), ''), ifNull(toString(c.co2e_g), ''),
            ifNull(toString(c.co2e_market_g), ''), ifNull(toString(c.embodied_g), ''), ifNull(toString(c.water_ml), ''),
            ifNull(toString(c.energy_wh_low), ''), ifNull(toString(c.energy_wh_high), '')))
        FROM calls AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
    ) AS of_calls,
    (
        SELECT groupBitXor(cityHash64(
            c.host_name, c.ts, c.tenant_id, c.zone, c.intensity_resolution, c.energy_wh,
            ifNull(toString(c.intensity_g_per_kwh), ''), ifNull(toString(c.co2e_g), ''),
            ifNull(toString(c.co2e_market_g), ''), ifNull(toString(c.water_ml), ''), c.energy_wh_low, c.energy_wh_high))
        FROM idle_drawn AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
    ) AS of_idle
SELECT
    sum(c.calls) AS calls,
    if(calls = 0, NULL, minIf(c.ts, c.operation != 'idle')) AS first_call,
    if(calls = 0, NULL, maxIf(c.ts, c.operation != 'idle')) AS last_call,
    toFloat64(sumIf(toDecimal128(c.energy_wh, 12), c.operation = 'idle')) AS idle_wh,
    toFloat64(sumIf(toDecimal128(c.co2e_g, 12), c.operation = 'idle')) AS idle_co2e_g,
    toFloat64(sum(toDecimal128(c.energy_wh, 12))) AS energy_wh,
    toFloat64(sum(toDecimal128(c.energy_wh_low, 12))) AS energy_wh_least,
    toFloat64(sum(toDecimal128(c.energy_wh_high, 12))) AS energy_wh_most,
    toFloat64(sum(toDecimal128(c.co2e_g, 12))) AS co2e_g,
    toFloat64(sum(toDecimal128(c.co2e_g_low, 12))) AS co2e_g_least,
    toFloat64(sum(toDecimal128(c.co2e_g_high, 12))) AS co2e_g_most,
    toFloat64(sum(toDecimal128(c.co2e_market_g, 12))) AS co2e_market_g,
    toFloat64(sum(toDecimal128(c.embodied_g, 12))) AS embodied_g,
    toFloat64(sum(toDecimal128(c.water_ml, 12))) AS water_ml,
    sumIf(least_calls, c.energy_wh IS NULL) AS unknown_energy_calls,
    sumIf(least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
    sumIf(least_calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
    sumIf(least_calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
    sumIf(least_calls, c.water_ml IS NULL) AS unknown_water_calls,
    lower(hex(bitXor(of_calls, of_idle))) AS fingerprint
FROM drawn_energy AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
