"""Usage reports of providers: buckets of calls by model, key, project, workspace, user and tier.

OpenAI: schema UsageCompletionsResult of openai/openai-openapi, and the dashboard's CSV. Anthropic:
`/v1/organizations/usage_report/messages`, and the console's CSV. OpenRouter: `/api/v1/activity`, and its CSV.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.usage.reading import Line
from spanledger_enrich.books.usage.record import UsageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_DAY = timedelta(days=1)
# Of OpenAI's reports those whose usage is tokens.
_OF_TOKENS = frozenset({"completions", "embeddings", "moderations"})
_GRAINS = {timedelta(hours=1): "hour", _DAY: "day"}


def openai_buckets(place: str, page: dict[str, Any]) -> Iterator[UsageRecord]:
    """Lines of a page of OpenAI's usage API."""
    for number, bucket in enumerate(page["data"]):
        time = Line(f"{place}: data[{number}]", bucket)
        begins, ends = time.time("start_time"), time.time("end_time")
        for index, result in enumerate(bucket.get("results") or bucket.get("result") or []):
            yield _openai(Line(f"{time.place}.results[{index}]", result), begins, ends)


def openai_row(line: Line) -> UsageRecord:
    """A line of the CSV of OpenAI's dashboard."""
    return _openai(line, line.time("start_time"), line.time("end_time"))


def _openai(line: Line, begins: datetime, ends: datetime) -> UsageRecord:
    tier = line.text("service_tier")
    if (kind := line.text("object").split(".")[-2:]) and kind[-1] == "result" and kind[0] not in _OF_TOKENS:
        raise line.refuse("object", f"is usage of {kind[0]}, which no tokens tell; expected completions or embeddings")
    return UsageRecord(
        source="openai",
        granularity=_GRAINS.get(ends - begins, "interval"),
        begins=begins,
        ends=ends,
        provider="openai",
        model=_grouped_by_model(line),
        project=line.text("project_name", "project_id"),
        api_key=line.text("api_key_name", "api_key_id"),
        user_id=line.text("user_email", "user_id"),
        service_tier="batch" if line.true("batch") else "" if tier in {"default", "auto"} else tier,
        calls=line.perhaps("num_model_requests"),
        input_tokens=line.count("input_tokens"),
        cache_read_tokens=line.count("input_cached_tokens"),
        cache_write_tokens=line.count("input_cache_write_tokens"),
        output_tokens=line.count("output_tokens"),
        apart=line.apart("api_source"),
    )


def anthropic_buckets(place: str, page: dict[str, Any]) -> Iterator[UsageRecord]:
    """Lines of a page of Anthropic's usage API."""
    for number, bucket in enumerate(page["data"]):
        time = Line(f"{place}: data[{number}]", bucket)
        begins, ends = time.time("starting_at"), time.time("ending_at")
        for index, result in enumerate(bucket.get("results") or []):
            line = Line(f"{time.place}.results[{index}]", result)
            written = line.within("cache_creation")
            yield _anthropic(
                line,
                (begins, ends),
                uncached=line.count("uncached_input_tokens"),
                written=(written.count("ephemeral_5m_input_tokens"), written.count("ephemeral_1h_input_tokens")),
                read=line.count("cache_read_input_tokens"),
                output=line.count("output_tokens"),
                searches=line.within("server_tool_use").count("web_search_requests"),
                tier=line.text("service_tier"),
            )


def anthropic_row(line: Line) -> UsageRecord:
    """A line of the CSV of Anthropic's console: a day."""
    begins = line.time("usage_date_utc")
    return _anthropic(
        line,
        (begins, begins + _DAY),
        uncached=line.count("usage_input_tokens_no_cache"),
        written=(line.count("usage_input_tokens_cache_write_5m"), line.count("usage_input_tokens_cache_write_1h")),
        read=line.count("usage_input_tokens_cache_read"),
        output=line.count("usage_output_tokens"),
        searches=line.count("web_search_count"),
        tier=line.text("usage_type"),
    )


def _anthropic(
    line: Line, time: tuple[datetime, datetime], *, uncached: int, written: tuple[int, int], read: int, output: int,
    searches: int, tier: str,
) -> UsageRecord:  # fmt: skip
    begins, ends = time
    return UsageRecord(
        source="anthropic",
        granularity=_GRAINS.get(ends - begins, "interval"),
        begins=begins,
        ends=ends,
        provider="anthropic",
        model=_grouped_by_model(line),
        workspace=line.text("workspace", "workspace_id"),
        api_key=line.text("api_key", "api_key_id"),
        user_id=line.text("account_id", "service_account_id"),
        service_tier="" if tier == "standard" else tier,
        speed="" if (speed := line.text("speed")) == "standard" else speed,
        inference_geo=line.text("inference_geo"),
        input_tokens=uncached + sum(written) + read,
        cache_read_tokens=read,
        cache_write_tokens=sum(written),
        cache_write_1h_tokens=written[1],
        output_tokens=output,
        web_searches=searches,
        apart=line.apart("context_window"),
    )


def openrouter_row(line: Line) -> UsageRecord:
    """A line of OpenRouter's activity, of the API or as CSV: a day."""
    begins = line.time("date", "Date").replace(hour=0, minute=0, second=0, microsecond=0)
    return UsageRecord(
        source="openrouter",
        granularity="day",
        begins=begins,
        ends=begins + _DAY,
        provider="openrouter",
        model=line.needed("model", "slug", "Slug"),
        workspace=line.text("workspace_id"),
        calls=line.perhaps("requests", "Requests"),
        input_tokens=line.count("prompt_tokens", "prompt tokens"),
        output_tokens=line.count("completion_tokens", "completion tokens"),
        reasoning_tokens=min(
            line.count("reasoning_tokens", "reasoning tokens"), line.count("completion_tokens", "completion tokens")
        ),
        reported_cost=line.number("usage", "Usage"),
        apart=line.apart("endpoint_id", "provider_name", "model_permaslug"),
    )


def _grouped_by_model(line: Line) -> str:
    if not (model := line.text("model", "model_version")):
        raise line.refuse("model", "is empty; ask for the report grouped by model: nothing else tells what it costs")
    return model
