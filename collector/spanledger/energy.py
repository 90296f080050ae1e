"""The energy of an inference host, measured through CodeCarbon and sent as spans: one span is one interval."""

import logging
import platform
import threading
from collections.abc import Callable
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.trace import SpanKind

from spanledger import attributes, guard
from spanledger.tracing import DISABLED, tracer

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue


class EnergySample(NamedTuple):
    """What a host used in an interval, in Wh at the host, without the data centre's overhead.

    Attributes:
        start_ns: When the interval began, in nanoseconds since 1970.
        end_ns: When it ended.
        cpu_wh: Of the processors.
        gpu_wh: Of the accelerators.
        ram_wh: Of the memory.
        cpu_source: "rapl", "powermetrics" or another measurement; else "estimate": from load and rated power.
        gpu_source: "nvml" or another measurement; "none" where no accelerator was found.
        ram_source: "estimate", mostly: from the installed memory.
    """

    start_ns: int
    end_ns: int
    cpu_wh: float
    gpu_wh: float
    ram_wh: float
    cpu_source: str
    gpu_source: str
    ram_source: str

    @property
    def wh(self) -> float:
        """All of it."""
        return self.cpu_wh + self.gpu_wh + self.ram_wh


def measure_energy(
    *,
    interval_s: float = 15.0,
    host: str | None = None,
    region: str | None = None,
    cloud: str | None = None,
    on_sample: Callable[[EnergySample], None] | None = None,
) -> "EnergyMeter":
    """Measures the energy of this machine while the `with` block runs, and sends a span for each interval.

    The ledger shares the energy out over the calls that this host served meanwhile. It needs `pip install codecarbon`,
    works offline, and says of each figure whether it is measured (RAPL, NVML) or CodeCarbon's estimate. Like all of
    the library it never raises: where nothing can be measured, that is logged once and counted.

    Args:
        interval_s: How long one sample is, in seconds.
        host: `host.name`. By default this machine's.
        region: `cloud.region`.
        cloud: `cloud.provider`.
        on_sample: Called with each sample, from the meter's thread.

    Example:
        with spanledger.measure_energy(host="inference-1"):
            serve()
    """
    place = {
        attributes.HOST_NAME: host or platform.node(),
        attributes.CLOUD_REGION: region,
        attributes.CLOUD_PROVIDER: cloud,
    }
    return EnergyMeter(interval_s, {name: value for name, value in place.items() if value}, on_sample)


class EnergyMeter:
    """A meter that runs in a thread of its own between `start` and `stop`, or in a `with` block."""

    def __init__(
        self,
        interval_s: float,
        place: dict[str, str],
        on_sample: Callable[[EnergySample], None] | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._place = place
        self._on_sample = on_sample
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.samples = 0
        """How many samples were sent."""

    def start(self) -> None:
        """Begins to measure; a second call does nothing."""
        if DISABLED or self._thread is not None:
            return
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="spanledger-energy", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the running interval, sends its sample, and stops."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            thread.join(_LONGEST_END_S)

    def __enter__(self) -> "EnergyMeter":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        with guard.Shield("measuring energy"):
            tracker = _tracker()
            while not self._ended.is_set() or not self.samples:
                sample = _sample(tracker, lambda: self._ended.wait(self._interval_s))
                self._send(sample)
                if self._on_sample is not None:
                    self._on_sample(sample)

    def _send(self, sample: EnergySample) -> None:
        found: dict[str, AttributeValue] = {
            attributes.OPERATION_NAME: attributes.OPERATION_ENERGY_SAMPLE,
            attributes.ENERGY_WH: sample.wh,
            attributes.ENERGY_CPU_WH: sample.cpu_wh,
            attributes.ENERGY_GPU_WH: sample.gpu_wh,
            attributes.ENERGY_RAM_WH: sample.ram_wh,
            attributes.ENERGY_CPU_SOURCE: sample.cpu_source,
            attributes.ENERGY_GPU_SOURCE: sample.gpu_source,
            attributes.ENERGY_RAM_SOURCE: sample.ram_source,
            **self._place,
        }
        span = tracer().start_span("energy sample", None, SpanKind.INTERNAL, found, (), sample.start_ns)
        span.end(sample.end_ns)
        self.samples += 1


def _tracker() -> Any:
    try:
        from codecarbon import OfflineEmissionsTracker  # noqa: PLC0415 (heavy, and only for self-hosted models)
    except ImportError as missing:
        raise ModuleNotFoundError("codecarbon is not installed; pip install codecarbon") from missing
    logging.getLogger("codecarbon").setLevel(logging.ERROR)
    # The country only decides emissions, which the ledger reckons itself.
    return OfflineEmissionsTracker(
        country_iso_code="FRA", save_to_file=False, log_level="error", allow_multiple_runs=True, tracking_mode="machine"
    )


def _sample(tracker: Any, wait: Callable[[], object]) -> EnergySample:
    tracker.start_task("spanledger")
    begun = time_ns()  # looking for the hardware, the first time, takes a second
    wait()
    used = tracker.stop_task("spanledger")
    ended = time_ns()
    sources = _sources(tracker)
    return EnergySample(
        start_ns=begun,
        end_ns=ended,
        cpu_wh=used.cpu_energy * 1000,
        gpu_wh=used.gpu_energy * 1000,
        ram_wh=used.ram_energy * 1000,
        cpu_source=sources.get("cpu", "estimate"),
        gpu_source=sources.get("gpu", "none"),
        ram_source=sources.get("ram", "estimate"),
    )


def _sources(tracker: Any) -> dict[str, str]:
    """Where CodeCarbon takes each part's figure from, by the hardware classes it has set up."""
    found: dict[str, str] = {}
    for part in getattr(tracker, "_hardware", ()):
        kind = type(part).__name__
        if kind == "CPU":
            found["cpu"] = _CPU_SOURCES.get(str(getattr(part, "_mode", "")), "estimate")
        elif kind == "GPU":
            devices = getattr(getattr(part, "devices", None), "devices", ())
            found["gpu"] = "amdsmi" if any("AMD" in type(device).__name__ for device in devices) else "nvml"
        elif kind == "AppleSiliconChip":
            found[str(getattr(part, "chip_part", "cpu")).lower()] = "powermetrics"
    return found


_CPU_SOURCES: Final = {"intel_rapl": "rapl", "intel_power_gadget": "power_gadget", "windows_emi": "emi"}
_LONGEST_END_S: Final = 30.0
