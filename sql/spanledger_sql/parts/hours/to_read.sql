-- Where the calls of a view's period are to be read: days and hours whose sums hold, and hours whose calls are read one by one.
-- The view has the parameters of `ledger_standing`.
(
    SELECT (groupArrayIf((hours, begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
    FROM ledger_standing(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
        moment = {moment:DateTime64(6, 'UTC')}, grain = {grain:String}, timezone = {timezone:String}, told = {told:Array(String)})
) AS to_read
