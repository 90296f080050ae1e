"""The tracer that Spanledger's own spans come from, and the switch that turns everything off."""

import os
from functools import cache
from typing import Final

from opentelemetry import trace

from spanledger import guard

SCOPE_NAME: Final = "spanledger"

DISABLED: Final = os.environ.get("SPANLEDGER_DISABLED", "").strip().lower() in {"1", "true", "yes", "on"}
"""Whether SPANLEDGER_DISABLED was set when the library was imported."""


def tracer() -> trace.Tracer:
    """The tracer of the provider given to `configure`, else of the global provider."""
    return _tracer or _unconfigured()


def use_provider(provider: trace.TracerProvider | None) -> trace.Tracer:
    """Takes the tracer from this provider from now on; `None` means the global one, whenever it comes to be."""
    global _tracer  # noqa: PLW0603 (configuration)
    _tracer = trace.get_tracer(SCOPE_NAME, library_version(), tracer_provider=provider)
    return _tracer


def _unconfigured() -> trace.Tracer:
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        guard.note("tracing", "a call is not sent, as spanledger.configure() was not called before it")
    return use_provider(None)


@cache
def library_version() -> str:
    """The installed version of Spanledger, such as "0.1.0"; "unknown" where it runs uninstalled."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (20 ms that only a first span needs)

    try:
        return version("spanledger")
    except PackageNotFoundError:
        return "unknown"


_tracer: trace.Tracer | None = None
