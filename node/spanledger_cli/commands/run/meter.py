"""The command that measures the energy of an inference host."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

import spanledger
from spanledger_cli.output.terminal import console


def meter(
    endpoint: Annotated[
        str | None,
        typer.Option(help="Base URL of the receiver.  [env: SPANLEDGER_ENDPOINT]", show_default=False),
    ] = None,
    interval: Annotated[float, typer.Option(help="Seconds of one sample.", min=0.1)] = 15.0,
    duration: Annotated[
        float | None, typer.Option(help="Seconds to run; until interrupted by default.", min=0.1, show_default=False)
    ] = None,
    host: Annotated[str | None, typer.Option(help="host.name; this machine's by default.", show_default=False)] = None,
    region: Annotated[str | None, typer.Option(help="cloud.region.", show_default=False)] = None,
    cloud: Annotated[str | None, typer.Option(help="cloud.provider.", show_default=False)] = None,
) -> None:
    """Measure the energy of this host and send it, so that self-hosted models' calls get measured carbon.

    Through CodeCarbon, offline: RAPL and NVML where they can be read, else an estimate; each sample says which.

    Try:

        spanledger meter --endpoint http://ledger:4318 --interval 30
    """
    screen = console(stderr=True)

    def show(sample: spanledger.EnergySample) -> None:
        parts = (
            ("cpu", sample.cpu_wh, sample.cpu_source),
            ("gpu", sample.gpu_wh, sample.gpu_source),
            ("memory", sample.ram_wh, sample.ram_source),
        )
        told = ", ".join(f"{name} {wh:.4f} Wh ({source})" for name, wh, source in parts if source != "none")
        screen.print(f"{(sample.end_ns - sample.start_ns) / 1e9:.1f} s: {sample.wh:.4f} Wh: {told}", highlight=False)

    spanledger.configure(endpoint=endpoint, service_name="spanledger-meter")
    meter = spanledger.measure_energy(interval_s=interval, host=host, region=region, cloud=cloud, on_sample=show)
    with meter:
        try:
            threading.Event().wait(duration)
        except KeyboardInterrupt:
            screen.print("stopping")
    delivered = spanledger.flush()
    if not meter.samples:
        screen.print("spanledger: error: nothing could be measured; see the warning above", style="red")
        raise typer.Exit(1)
    if not delivered:
        screen.print("the receiver did not take all samples; they wait on disk and are sent by the next run")
