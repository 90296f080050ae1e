"""Puts every LLM call, in money and in carbon, to the tenant that made it: the library that runs in the app.

import spanledger

spanledger.configure(service_name="checkout")

@spanledger.llm_call(provider="openai", tenant="account.id")
def answer(account, question):
    return client.chat.completions.create(...)
"""

from spanledger.attribution.attribution_context import AttributionScope, AttributionValue, attribution
from spanledger.budget import BudgetLeft, RemainingBudget, remaining_budget
from spanledger.calls.decorator import llm_call
from spanledger.calls.record import record_usage, record_vendor_usage
from spanledger.configuration import Stats, configure, flush, shutdown, stats
from spanledger.energy import EnergyMeter, EnergySample, measure_energy
from spanledger.middleware import AsgiMiddleware, WsgiMiddleware, header
from spanledger.outcome import record_outcome
from spanledger.sdks.instrumentation import instrument, uninstrument
from spanledger.tracing import library_version as _library_version

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


def __getattr__(name: str) -> str:
    if name == "__version__":
        return _library_version()
    raise AttributeError(f"module 'spanledger' has no attribute {name!r}")
