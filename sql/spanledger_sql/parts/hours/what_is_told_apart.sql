-- The arguments of `call_hours` and `drawn_hours` in reports by any dimension on the ledger as it is.
from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = toDateTime64('2200-01-01', 6, 'UTC'),
grain = multiIf(hasAny({by:Array(String)}, ['hour', 'hour_of_day']), 'hour', has({by:Array(String)}, 'day'), 'day',
                has({by:Array(String)}, 'month'), 'month', 'period'),
timezone = {timezone:String},
told = arrayConcat({by:Array(String)}, {custom:Array(String)}, {where_names:Array(String)})
