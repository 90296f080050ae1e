-- The arguments of `call_hours` and `drawn_hours` in the reports of pages, but for what of time is told apart: which calls, as the
-- ledger was when, and what of them is told apart or narrowed to beside what sums always have. It goes with {{asked_for}}.
from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = {moment:DateTime64(6, 'UTC')}, told = [{own:String}]
