-- Whether the sums that reports read are those of the ledger: of the latest hours that have them, and the days around.
--
-- Parameters:
--   hours UInt32: how many hours at most, and of days those that begin at most so long before the latest of them
-- Columns:
--   hours: of the ledger
--   summed_hours: of them, whose sums hold; reports read the others call by call
--   compared: hours and days whose sums were compared
--   differing: of them, whose sums are not those of their calls; 0, or something is wrong
--   first_differing: when the first of these begins, UTC; NULL where none does
WITH
    standing AS
    (
        SELECT hours, begins, built, is_summed
        FROM ledger_standing(from = '1970-01-01 00:00:00', to = '2106-01-01 00:00:00', moment = '2200-01-01 00:00:00',
            grain = 'hour', timezone = 'UTC', told = [])
        UNION ALL
        SELECT hours, day.begins AS begins, any(built) AS built, sum(h.written) = any(written_then) AS is_summed
        FROM
        (
            SELECT
                hours, begins, max(summed).built AS built, max(summed).written AS written_then,
                begins + toIntervalHour(arrayJoin(range(hours))) AS hour
            FROM ledger_hour
            WHERE hours > 1
            GROUP BY hours, begins
        ) AS day
        LEFT JOIN (SELECT begins, sum(one.written) AS written FROM ledger_hour AS one WHERE one.hours = 1 GROUP BY begins) AS h
            ON h.begins = day.hour
        GROUP BY hours, begins
    ),
    looked_at AS
    (
        SELECT hours, begins, built
        FROM
        (
            SELECT
                *,
                row_number() OVER (PARTITION BY hours = 1 ORDER BY begins DESC) AS place,
                max(begins) OVER (PARTITION BY hours = 1) AS latest
            FROM standing
            WHERE is_summed = 1
        )
        -- There are days of several time zones.
        WHERE if(hours = 1, place <= {hours:UInt32}, begins + toIntervalHour({hours:UInt32}) > latest)
    ),
    of_calls AS
    (
        SELECT
            toStartOfHour(c.ts) AS begins,
            sum(c.known_calls) AS calls,
            sum(c.input_tokens + c.output_tokens) AS tokens,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS contracted_cost,
            sum(ifNull(c.co2e_g, 0)) AS co2e_g
        FROM calls AS c
        WHERE toStartOfHour(c.ts) IN (SELECT addHours(begins, arrayJoin(range(hours))) FROM looked_at)
        GROUP BY begins
    ),
    both AS
    (
        SELECT hours, begins, calls, tokens, contracted_cost, co2e_g
        FROM
        (
            SELECT
                s.hours AS hours,
                s.begins AS begins,
                toInt64(sum(ifNull(s.calls, 0))) AS calls,
                toInt64(sum(s.input_tokens + s.output_tokens)) AS tokens,
                sum(ifNull(s.contracted_cost, toDecimal128(0, 12))) AS contracted_cost,
                sum(ifNull(s.co2e_g, 0)) AS co2e_g
            FROM ledger_sum AS s
            WHERE (s.hours, s.begins, s.built) IN (SELECT hours, begins, built FROM looked_at)
            GROUP BY hours, begins
        )
        UNION ALL
        SELECT l.hours, l.begins, -toInt64(c.calls), -toInt64(c.tokens), -c.contracted_cost, -c.co2e_g
        FROM (SELECT hours, begins, addHours(begins, arrayJoin(range(hours))) AS hour FROM looked_at) AS l
        INNER JOIN of_calls AS c ON c.begins = l.hour
    ),
    differences AS
    (
        SELECT hours, begins
        FROM both AS b
        GROUP BY hours, begins
        HAVING sum(b.calls) != 0 OR sum(b.tokens) != 0 OR sum(b.contracted_cost) != 0
            -- Sums of floating-point numbers depend on the order of their rows.
            OR abs(sum(b.co2e_g)) > 1e-9 * sum(abs(b.co2e_g))
    ),
    -- Each look at these is planned anew, with all that they name.
    (SELECT (count(), countIf(is_summed = 1)) FROM standing WHERE hours = 1) AS of_hours,
    (SELECT (count(), if(count() = 0, NULL, min(begins))) FROM differences) AS differ
SELECT
    of_hours.1 AS hours,
    of_hours.2 AS summed_hours,
    (SELECT count() FROM looked_at) AS compared,
    differ.1 AS differing,
    differ.2 AS first_differing
