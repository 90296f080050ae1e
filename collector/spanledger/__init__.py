"""Puts every LLM call, in money and in carbon, to the tenant that made it: the library that runs in the app.

import spanledger

spanledger.configure(service_name="checkout")

@spanledger.llm_call(provider="openai", tenant="account.id")
def answer(account, question):
    return client.chat.completions.create(...)
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any
from typing import Final as _Final

from spanledger.attribution.attribution_context import AttributionScope, AttributionValue, attribution
from spanledger.calls.decorator import llm_call
from spanledger.calls.record import record_usage, record_vendor_usage
from spanledger.configuration import Stats, configure, flush, shutdown, stats
from spanledger.sdks.instrumentation import instrument, uninstrument
from spanledger.tracing import library_version as _library_version

if TYPE_CHECKING:
    from spanledger.budget import BudgetLeft, RemainingBudget, remaining_budget
    from spanledger.energy import EnergyMeter, EnergySample, measure_energy
    from spanledger.middleware import AsgiMiddleware, WsgiMiddleware, header
    from spanledger.outcome import record_outcome

__all__ = [
    "AsgiMiddleware",
    "AttributionScope",
    "AttributionValue",
    "BudgetLeft",
    "EnergyMeter",
    "EnergySample",
    "RemainingBudget",
    "Stats",
    "WsgiMiddleware",
    "attribution",
    "configure",
    "flush",
    "header",
    "instrument",
    "llm_call",
    "measure_energy",
    "record_outcome",
    "record_usage",
    "record_vendor_usage",
    "remaining_budget",
    "shutdown",
    "stats",
    "uninstrument",
]


# What few apps use is imported when it is: importing the library is to cost an app nothing.
_LATER: _Final = {
    "BudgetLeft": "budget",
    "RemainingBudget": "budget",
    "remaining_budget": "budget",
    "EnergyMeter": "energy",
    "EnergySample": "energy",
    "measure_energy": "energy",
    "AsgiMiddleware": "middleware",
    "WsgiMiddleware": "middleware",
    "header": "middleware",
    "record_outcome": "outcome",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _library_version()
    if name in _LATER:
        found = getattr(_import_module(f"spanledger.{_LATER[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'spanledger' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
