"""The command `replay`: a public request trace, sent as spans."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from spanledger_cli.commands.run.doctor import node_status
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration
from spanledger_settings.figures import counted
from spanledger_traffic import trace_file
from spanledger_traffic.replay import ReplayError
from spanledger_traffic.replay import replay as send
from spanledger_traffic.workload import Workload


def replay(
    context: typer.Context,
    trace: Annotated[
        Path,
        typer.Argument(
            help="Azure's CSV or Mooncake's JSON lines, plain or .gz.", exists=True, dir_okay=False, readable=True
        ),
    ],
    start: Annotated[
        str | None, typer.Option(help="When the first call starts, such as 2024-10-08T00:00Z. Default: now.")
    ] = None,
    stretch: Annotated[float, typer.Option(help="Draw the trace's times out by this factor.", min=0.0)] = 1.0,
    speed: Annotated[
        float | None, typer.Option(help="Seconds of the calls' time in one second; default: all at once.", min=0.001)
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Send only so many calls.", min=1)] = None,
    feature: Annotated[
        str, typer.Option(help="What the calls are for, where the trace has no prompts' hashes.")
    ] = "chat",
    seed: Annotated[int, typer.Option(help="Decides which tenant makes which call.")] = 1,
    endpoint: Annotated[
        str | None, typer.Option(help="Base URL of a receiver. Default: the running node's.", show_default=False)
    ] = None,
) -> None:
    """Send a public request trace as spans over OTLP, mapped onto made-up tenants and models.

    Try:

        spanledger replay AzureLLMInferenceTrace_code.csv --feature code-completion

        spanledger replay mooncake_conversation_trace.jsonl.gz --start 2024-10-08T00:00Z --stretch 24
    """
    calls = trace_file.read(trace)[:limit]
    target = endpoint or _endpoint(context)
    workload = Workload(_start(start), stretch, seed, feature)
    with progress() as bar:
        sending = bar.add_task(f"sending to {target}", total=len(calls))
        sent = send(
            workload.calls(calls),
            endpoint=target,
            speed=speed,
            # The same calls at another time are other calls, which share no response.
            run=f"{trace.name}/{seed}/{workload.start:%Y%m%dT%H%M%S}",
            sent=lambda done: bar.update(sending, completed=done),
        )
    console().print(
        f"{counted(sent.calls, 'call')} acknowledged: {sent.input_tokens:,} tokens in, "
        f"{sent.output_tokens:,} tokens out"
    )


def _endpoint(context: typer.Context) -> str:
    status = node_status(configuration(context))
    if status is None or not status["addresses"]["otlp_http"]:
        raise ReplayError(
            f"no node is running on {configuration(context).data_dir}; start one with 'spanledger up', "
            "or name a receiver with --endpoint http://host:4318"
        )
    return str(status["addresses"]["otlp_http"])


def _start(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a time; expected for example 2024-10-08T00:00Z", param_hint="--start"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
