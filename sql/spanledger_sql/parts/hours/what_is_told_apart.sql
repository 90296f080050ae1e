-- The arguments of `call_hours` and `drawn_hours` in reports by any dimension on the ledger as it is, but for the time zone.
from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = toDateTime64('2200-01-01', 6, 'UTC'),
told = arrayConcat({by:Array(String)}, {custom:Array(String)}, {where_names:Array(String)})
