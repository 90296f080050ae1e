-- The arguments of `call_hours` and `drawn_hours` in reports that tell nothing apart but what sums always have.
from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = toDateTime64('2200-01-01', 6, 'UTC'),
grain = 'period', timezone = 'UTC', told = []
