"""Sends a workload as spans: through the in-app library, the OpenTelemetry SDK and OTLP, as an app would."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import tenacity

import spanledger
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    from spanledger_traffic.workload import Call


class ReplayError(MendableError):
    """Calls that could not be delivered; the message says how many and what to look at."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was sent, by the sender's own count."""

    calls: int
    input_tokens: int
    output_tokens: int


def replay(
    calls: Iterable[Call],
    *,
    endpoint: str,
    protocol: Literal["http/protobuf", "grpc"] = "http/protobuf",
    speed: float | None = None,
    run: str = "replay",
    sent: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Send calls and wait until the receiver has acknowledged all of them.

    Args:
        calls: In the order of their start.
        endpoint: Base URL of the receiver.
        protocol: OTLP over HTTP or gRPC.
        speed: How many seconds of the calls' time pass in one second; None sends as fast as it goes.
        run: Names this replay in the response ids.
        sent: Called with the number of calls made so far, now and then.

    Raises:
        ReplayError: Not every call was acknowledged.
    """
    _check_that_somebody_listens(endpoint)
    spanledger.configure(
        endpoint=endpoint,
        protocol=protocol,
        service_name="spanledger-replay",
        when_full="wait",
        # A replay that fails says so; nothing of it must be sent by a later process.
        max_spool_bytes=0,
    )
    before = spanledger.stats()
    count = input_tokens = output_tokens = 0
    began, first = time.monotonic(), None
    for call in calls:
        if speed is not None:
            first = first or call.start
            time.sleep(max(0.0, (call.start - first).total_seconds() / speed - (time.monotonic() - began)))
        _record(call, f"{run}-{count}")
        count += 1
        input_tokens += call.input_tokens
        output_tokens += call.output_tokens
        if count % 100 == 0 or speed is not None:
            sent(count)
    delivered = spanledger.flush(timeout_s=300)
    sent(count)
    after = spanledger.stats()
    exported = after.exported - before.exported
    if not delivered or exported != count:
        raise ReplayError(
            f"{count - exported:,} of {count:,} calls were not acknowledged by {endpoint}; is a node running there? "
            "'spanledger doctor' says where one listens"
        )
    return Replayed(count, input_tokens, output_tokens)


def _check_that_somebody_listens(endpoint: str) -> None:
    address = urlsplit(endpoint)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        # A node that is being started again gets a moment.
        for attempt in tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(ConnectionRefusedError),
            wait=tenacity.wait_fixed(0.2),
            stop=tenacity.stop_after_delay(5),
            reraise=True,
        ):
            with attempt:
                socket.create_connection((address.hostname or "", port), timeout=5).close()
    except (OSError, ValueError) as error:
        raise ReplayError(
            f"nothing answers at {endpoint}: {error}; start a node with 'spanledger up', or name a receiver with "
            "--endpoint http://host:4318"
        ) from None


def _record(call: Call, response_id: str) -> None:
    spanledger.record_usage(
        provider=call.deployment.provider,
        model=call.deployment.model,
        response_model=call.deployment.model,
        response_id=response_id,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=call.cache_write_tokens,
        start_time=call.start,
        end_time=call.end,
        time_to_first_token_s=call.time_to_first_token_s,
        streaming=True,
        finish_reason="stop",
        cloud=call.deployment.cloud,
        region=call.deployment.region,
        server_address=call.deployment.server_address,
        tenant=call.tenant,
        cost_center=call.cost_center,
        feature=call.feature,
        session=call.session,
    )
