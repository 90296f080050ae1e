"""The energy of the host arrives as spans that say what was measured and what is an estimate."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from otlp_receiver import Receiver, attributes_of

import spanledger
from spanledger import energy

pytestmark = pytest.mark.usefixtures("tracer_provider")


def test_each_interval_is_a_span_with_its_energy_and_sources(exported: Callable[[], list[Any]]) -> None:
    pytest.importorskip("codecarbon")
    samples: list[spanledger.EnergySample] = []
    meter = spanledger.measure_energy(interval_s=0.2, host="inference-1", region="eu-west-1", on_sample=samples.append)
    with meter:
        while len(samples) < 2:
            time.sleep(0.05)
    spans = exported()
    assert len(spans) == len(samples) == meter.samples
    first = attributes_of(spans[0])
    assert first["gen_ai.operation.name"] == "energy_sample"
    assert first["spanledger.energy.wh"] == pytest.approx(
        sum(first[f"spanledger.energy.{part}_wh"] for part in ("cpu", "gpu", "ram"))
    )
    assert first["spanledger.energy.wh"] > 0
    assert first["spanledger.energy.cpu_source"] in {"rapl", "estimate", "powermetrics"}
    assert first["spanledger.energy.gpu_source"] in {"nvml", "none", "amdsmi", "powermetrics"}
    assert (first["host.name"], first["cloud.region"]) == ("inference-1", "eu-west-1")
    assert spans[0].end_time_unix_nano - spans[0].start_time_unix_nano == pytest.approx(0.2e9, rel=3)
    for before, after in pairwise(spans):
        assert after.start_time_unix_nano >= before.end_time_unix_nano, "no energy is counted twice"


def test_each_source_is_told_by_the_hardware_that_codecarbon_reads() -> None:
    rapl = type("CPU", (), {"_mode": "intel_rapl"})()
    load = type("CPU", (), {"_mode": "cpu_load"})()
    gpu = type("GPU", (), {})()
    tracker = type("Tracker", (), {})()
    tracker._hardware = [rapl, gpu]
    assert energy._sources(tracker) == {"cpu": "rapl", "gpu": "nvml"}
    tracker._hardware = [load]
    assert energy._sources(tracker) == {"cpu": "estimate"}


def test_without_codecarbon_it_says_so_and_the_app_runs_on(
    monkeypatch: pytest.MonkeyPatch, errors: Callable[[], int], exported: Callable[[], list[Any]]
) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with spanledger.measure_energy(interval_s=0.1) as meter:
        time.sleep(0.05)
    assert meter.samples == 0
    assert errors() == 1
    assert exported() == []


def test_the_command_measures_and_sends(receiver: Receiver, spool_dir: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "spanledger_cli",
        "meter",
        "--interval",
        "0.2",
        "--duration",
        "0.5",
        "--host",
        "h",
    ]
    done = subprocess.run(
        [*command, "--endpoint", receiver.endpoint], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Wh" in done.stderr
    assert {attributes_of(span)["host.name"] for span in receiver.spans} == {"h"}
