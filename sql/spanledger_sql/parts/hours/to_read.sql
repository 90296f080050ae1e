-- Where the calls of a view's period are to be read: days and hours whose sums hold, and hours whose calls are read one by one.
-- The view has the parameters of `ledger_standing`.
(
    SELECT (groupArrayIf((hours, midnight, begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
    FROM ({{standing}})
) AS to_read
