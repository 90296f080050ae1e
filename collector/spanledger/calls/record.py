"""`record_usage` and `record_vendor_usage`: one complete span for what was used elsewhere or earlier."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from time import time_ns
from typing import Final

from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard
from spanledger.attribution.attribution_context import KEYWORDS, AttributionValue, attributes_from
from spanledger.attribution.keyword import tell_typos
from spanledger.calls.operation import known_operation
from spanledger.tracing import DISABLED, tracer


def record_usage(
    *,
    provider: str,
    model: str,
    input_tokens: int | None,
    output_tokens: int | None,
    cache_read_tokens: int | None = 0,
    cache_write_tokens: int | None = 0,
    cache_write_1h_tokens: int | None = 0,
    reasoning_tokens: int | None = 0,
    audio_input_tokens: int | None = 0,
    audio_output_tokens: int | None = 0,
    operation: str = "chat",
    response_model: str | None = None,
    response_id: str | None = None,
    start_time: datetime | int | None = None,
    end_time: datetime | int | None = None,
    region: str | None = None,
    cloud: str | None = None,
    server_address: str | None = None,
    service_tier: str | None = None,
    time_to_first_token_s: float | None = None,
    streaming: bool = False,
    batch: bool = False,
    error_type: str | None = None,
    finish_reason: str | None = None,
    **attribution: AttributionValue,
) -> None:
    """Records one LLM call after the fact, as a complete span below the current one.

    It never raises: a call with unusable times or token counts is not recorded, which is logged once and counted.

    Args:
        provider: Who was called, as the GenAI conventions name it.
        model: The model asked for.
        input_tokens: The whole prompt, cached tokens included; `None` where nobody knows.
        output_tokens: The answer, reasoning included; `None` where nobody knows.
        cache_read_tokens: Of the input, those read from the provider's cache.
        cache_write_tokens: Of the input, those written to it.
        cache_write_1h_tokens: Of those written, the ones to be kept for an hour.
        reasoning_tokens: Of the output, those spent on reasoning.
        audio_input_tokens: Of the input, those of audio.
        audio_output_tokens: Of the output, those of audio.
        operation: "chat", "embeddings", "text_completion", ...
        response_model: The model that answered.
        response_id: The provider's id of the answer, by which a call reported twice is counted once.
        start_time: When the call began: an aware datetime or nanoseconds since 1970. By default `end_time`.
        end_time: When it ended, likewise. By default `start_time`, else now.
        region: `cloud.region`.
        cloud: `cloud.provider`.
        server_address: The host that was called.
        service_tier: The tier the provider served it in, such as "batch" or "priority".
        time_to_first_token_s: Seconds until the first chunk of a stream.
        streaming: Whether the answer was streamed.
        batch: Whether it was called through the provider's batch interface.
        error_type: What went wrong; the span's status is then an error.
        finish_reason: Why the model stopped.
        **attribution: The keywords of `attribution`, literal values only. They win over the scopes around.
    """
    if DISABLED:
        return
    with _RECORDING:
        begun, ended = _period(start_time, end_time)
        if ended < begun:
            raise ValueError(f"end_time is {begun - ended} ns before start_time")
        if attribution and not attribution.keys() <= _KEYWORDS:
            tell_typos("record_usage", attribution.keys() - _KEYWORDS, (*KEYWORDS, *_parameters(record_usage)))
        found = attributes_from(attribution) if attribution else {}
        if operation != _CHAT:
            operation = known_operation("record_usage", operation)
        found[attributes.OPERATION_NAME] = operation
        _put_name(found, attributes.PROVIDER_NAME, "provider", provider)
        _put_name(found, attributes.REQUEST_MODEL, "model", model)
        counts = (
            (attributes.USAGE_INPUT_TOKENS, "input_tokens", input_tokens),
            (attributes.USAGE_OUTPUT_TOKENS, "output_tokens", output_tokens),
            # Of the parts 0 says nothing.
            (attributes.USAGE_CACHE_READ_TOKENS, "cache_read_tokens", cache_read_tokens or None),
            (attributes.USAGE_CACHE_WRITE_TOKENS, "cache_write_tokens", cache_write_tokens or None),
            (attributes.USAGE_CACHE_WRITE_1H_TOKENS, "cache_write_1h_tokens", cache_write_1h_tokens or None),
            (attributes.USAGE_REASONING_TOKENS, "reasoning_tokens", reasoning_tokens or None),
            (attributes.USAGE_INPUT_AUDIO_TOKENS, "audio_input_tokens", audio_input_tokens or None),
            (attributes.USAGE_OUTPUT_AUDIO_TOKENS, "audio_output_tokens", audio_output_tokens or None),
        )
        _put_counts(found, counts)
        cached_tokens = (cache_read_tokens or 0) + (cache_write_tokens or 0)
        if input_tokens is not None and cached_tokens > input_tokens:
            _tell_cached(input_tokens, cached_tokens)
        optional = (
            (attributes.BATCH, batch),
            (attributes.RESPONSE_MODEL, response_model),
            (attributes.RESPONSE_ID, response_id),
            (attributes.CLOUD_REGION, region),
            (attributes.CLOUD_PROVIDER, cloud),
            (attributes.SERVER_ADDRESS, server_address),
            (attributes.SERVICE_TIER, service_tier),
            (attributes.REQUEST_STREAM, streaming),
            (attributes.ERROR_TYPE, error_type),
        )
        for name, value in optional:
            if value:
                found[name] = value
        if time_to_first_token_s is not None:
            found[attributes.RESPONSE_TIME_TO_FIRST_CHUNK] = time_to_first_token_s
        if finish_reason:
            found[attributes.RESPONSE_FINISH_REASONS] = (finish_reason,)

        span = tracer().start_span(f"{operation} {model}", get_current(), _CLIENT, found, (), begun)
        if error_type:
            span.set_status(StatusCode.ERROR)
        span.end(ended)


def record_vendor_usage(
    *,
    vendor: str,
    unit: str,
    quantity: float,
    service: str | None = None,
    start_time: datetime | int | None = None,
    end_time: datetime | int | None = None,
    response_id: str | None = None,
    region: str | None = None,
    cloud: str | None = None,
    **attribution: AttributionValue,
) -> None:
    """Records the use of an AI service that is no LLM: a reranker, guardrail, vector database, OCR, speech.

    It never raises: what cannot be recorded is logged once and counted.

    Args:
        vendor: Whose service it is, such as "cohere" or "deepgram".
        unit: What it is charged by, such as "search", "page", "audio_second", "text_unit".
        quantity: How many of these, zero or more.
        service: Which service or model of the vendor, such as "rerank-v3.5".
        start_time: When the use began: an aware datetime or nanoseconds since 1970. By default `end_time`.
        end_time: When it ended, likewise. By default `start_time`, else now.
        response_id: The vendor's id of the answer.
        region: `cloud.region`.
        cloud: `cloud.provider`.
        **attribution: The keywords of `attribution`, literal values only. They win over the scopes around.

    Example:
        spanledger.record_vendor_usage(vendor="cohere", unit="search", quantity=1, service="rerank-v3.5", tenant="acme")
    """
    if DISABLED:
        return
    with _RECORDING_VENDOR:
        begun, ended = _period(start_time, end_time)
        if ended < begun:
            raise ValueError(f"end_time is {begun - ended} ns before start_time")
        if not (isfinite(quantity) and quantity >= 0):
            raise ValueError(f"quantity is {quantity}; it must be a number of zero or more")
        for said, value in (("vendor", vendor), ("unit", unit)):
            if not isinstance(value, str) or not value:
                raise ValueError(f"{said} is {value!r}; it must be a name")
        if attribution and not attribution.keys() <= _KEYWORDS:
            known = (*KEYWORDS, *_parameters(record_vendor_usage))
            tell_typos("record_vendor_usage", attribution.keys() - _KEYWORDS, known)
        found = attributes_from(attribution) if attribution else {}
        found[attributes.OPERATION_NAME] = attributes.OPERATION_VENDOR_USAGE
        found[attributes.VENDOR] = vendor
        found[attributes.VENDOR_UNIT] = unit
        found[attributes.VENDOR_QUANTITY] = float(quantity)
        optional = (
            (attributes.VENDOR_SERVICE, service),
            (attributes.RESPONSE_ID, response_id),
            (attributes.CLOUD_REGION, region),
            (attributes.CLOUD_PROVIDER, cloud),
        )
        found.update({name: value for name, value in optional if value})
        name = f"{vendor} {service or unit}"
        tracer().start_span(name, get_current(), _CLIENT, found, (), begun).end(ended)


def _period(start_time: datetime | int | None, end_time: datetime | int | None) -> tuple[int, int]:
    """Begin and end in nanoseconds since 1970; what is not said is the other, else now."""
    begun, ended = nanoseconds(start_time), nanoseconds(end_time)
    if ended is None:
        ended = time_ns() if begun is None else begun
    return ended if begun is None else begun, ended


def nanoseconds(moment: datetime | int | None) -> int | None:
    """Nanoseconds since 1970, exact to the datetime's microsecond."""
    if moment is None:
        return None
    if isinstance(moment, int):
        if not _NO_SECONDS <= moment < _END_OF_TIME:
            raise ValueError(
                f"time {moment} is not in nanoseconds since 1970, as time.time_ns() has them; or pass an aware datetime"
            )
        return moment
    if not isinstance(moment, datetime):
        raise TypeError(
            f"a time is a {type(moment).__qualname__}; pass an aware datetime (tzinfo=UTC) or nanoseconds since 1970"
        )
    if moment.tzinfo is None:
        raise ValueError(
            f"time {moment.isoformat()} has no time zone; pass an aware datetime (tzinfo=UTC) or nanoseconds"
        )
    since = moment - _EPOCH
    if since.days < 0 or since.days >= _LAST_DAY:
        raise ValueError(f"time {moment.isoformat()} is not between 1970 and 2262")
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def _put_name(found: dict[str, AttributeValue], name: str, keyword: str, value: object) -> None:
    """Notes the provider or model; a call without one is booked all the same, without a price."""
    if isinstance(value, str) and value:
        found[name] = value
    else:
        guard.note(f"record_usage({keyword}=...)", f"{value!r} is no name: the call is booked without a {keyword}")


def _put_counts(found: dict[str, AttributeValue], told: tuple[tuple[str, str, int | None], ...]) -> None:
    """Notes the counts that were told, of attribute, keyword and count each."""
    for name, keyword, count in told:
        if count is not None:
            is_whole = type(count) is int and 0 <= count < _MOST_TOKENS
            found[name] = count if is_whole else _whole(keyword, count)


def _whole(name: str, count: float) -> int:
    """The count as an integer; those of numpy, and floats without a fraction, are whole, too."""
    if isinstance(count, str | bytes) or not hasattr(count, "__int__"):
        raise TypeError(f"{name} is a {type(count).__qualname__}; it must be a whole number of zero or more")
    whole = int(count) if isfinite(count) else -1
    if whole != count or not 0 <= whole < _MOST_TOKENS:
        raise ValueError(f"{name} is {count!r}; it must be a whole number of zero or more")
    return whole


def _parameters(function: Callable[..., None]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_kwonlyargcount]


def _tell_cached(input_tokens: int, cached_tokens: int) -> None:
    guard.note(
        "record_usage, cached tokens",
        f"{cached_tokens} cached of {input_tokens} input tokens; input_tokens is the whole prompt, cached included",
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SECONDS: Final = 10**17  # ns, in 1973: what is less was meant in seconds, milliseconds or microseconds
_END_OF_TIME: Final = 2**63  # ns since 1970, in 2262: what is later has no place in a database
_MOST_TOKENS: Final = 2**63  # what OTLP has room for
_LAST_DAY: Final = _END_OF_TIME // (86_400 * 10**9)
_KEYWORDS: Final = frozenset(KEYWORDS)
_CHAT: Final = "chat"  # what most calls are
_CLIENT: Final = SpanKind.CLIENT  # which takes long to look up in its class
_RECORDING: Final = guard.Shield("record_usage")
_RECORDING_VENDOR: Final = guard.Shield("record_vendor_usage")
