-- Whether there is anything to note of some hours beside their sums, which are taken: sums tell whether calls name anybody and whether
-- any failed; what else may have brought little is of a session or run, or says so itself.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of their sums.
-- Columns: names, wasted: 1: there may be some for `hour_names`, for `hour_waste`; 0: there are none.
SELECT max(named) AS names, max(may_waste) AS wasted
FROM
(
    SELECT toUInt8(tells != 0) AS named, toUInt8(status = 'error' OR tells >= 2) AS may_waste
    FROM ledger_sum
    WHERE hours = 1 AND begins IN {hours:Array(DateTime('UTC'))} AND built = {built:UInt64}
    UNION ALL
    SELECT toUInt8(0), toUInt8({{cut_off}} OR {{abandoned}})
    FROM ledger AS c
    WHERE toStartOfHour(ts) IN {hours:Array(DateTime('UTC'))}
)
