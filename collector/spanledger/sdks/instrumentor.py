"""The entry point by which `opentelemetry-instrument` finds Spanledger and starts it."""

from collections.abc import Collection

from spanledger.configuration import configure, shutdown
from spanledger.sdks.instrumentation import instrument, uninstrument


class SpanledgerInstrumentor:
    """What OpenTelemetry's auto-instrumentation expects of an instrumentor; configured by SPANLEDGER_ENDPOINT."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Nothing need be installed for it: SDKs that are not there are not instrumented."""
        return ()

    def instrument(self, **_: object) -> None:
        """Configures Spanledger on the global tracer provider, and instruments the SDKs."""
        configure()
        instrument()

    def uninstrument(self, **_: object) -> None:
        """Undoes it."""
        uninstrument()
        shutdown()
