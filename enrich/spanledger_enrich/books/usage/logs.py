"""Records of single calls: spend logs of LiteLLM, exports of Langfuse, Helicone, OpenRouter, Bedrock's invocation logs.

LiteLLM: table LiteLLM_SpendLogs of its schema. Langfuse: observations of type GENERATION, as exported or as its API
gives them; its usage details name each class of tokens apart. Helicone: what its exporter and its API of requests
name.
Bedrock: ModelInvocationLog, whose bodies are not looked at.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.usage.reading import Line
from spanledger_enrich.books.usage.record import UsageRecord
from spanledger_vocabulary.provider import named, told_by

if TYPE_CHECKING:
    from datetime import datetime

# Langfuse's classes of tokens, as some who send them call them.
_OTHER_NAMES = {
    "promptTokens": "input", "prompt_tokens": "input", "completionTokens": "output", "completion_tokens": "output",
}  # fmt: skip


def litellm_call(line: Line) -> UsageRecord | None:
    """A row of LiteLLM's spend logs; None for one that its cache answered, that failed, or that tells no tokens."""
    if line.true("cache_hit") or line.text("status") == "failure":
        return None
    if not line.count("prompt_tokens") + line.count("completion_tokens"):
        return None
    metadata = _document(line, "metadata")
    usage = metadata.within("usage_object")
    extra = metadata.within("additional_usage_values")
    model = line.needed("model", "model_group")
    provider = line.text("custom_llm_provider") or model.partition("/")[0]
    return _call(
        line,
        "litellm",
        line.needed("request_id"),
        line.time("startTime", "starttime"),
        provider=provider,
        model=model.removeprefix(f"{provider}/"),
        project=line.text("team_id") or metadata.text("user_api_key_team_alias", "user_api_key_team_id"),
        api_key=metadata.text("user_api_key_alias"),
        user_id=line.text("end_user", "user") or metadata.text("user_api_key_user_id"),
        input_tokens=line.count("prompt_tokens"),
        cache_read_tokens=extra.count("cache_read_input_tokens")
        or extra.within("prompt_tokens_details").count("cached_tokens")
        or usage.within("prompt_tokens_details").count("cached_tokens")
        or usage.count("cache_read_input_tokens"),
        cache_write_tokens=extra.count("cache_creation_input_tokens") or usage.count("cache_creation_input_tokens"),
        output_tokens=line.count("completion_tokens"),
        reasoning_tokens=extra.within("completion_tokens_details").count("reasoning_tokens")
        or usage.within("completion_tokens_details").count("reasoning_tokens"),
        reported_cost=line.number("spend"),
    )


def langfuse_call(line: Line) -> UsageRecord | None:
    """An observation of Langfuse's; None for one that is no generation, or tells no tokens. Some have no model."""
    if line.text("type") not in {"GENERATION", "EMBEDDING", ""}:
        return None
    usage = _document(line, "usageDetails", "usage_details", "usage")
    counts = {
        name: usage.count(name) for name in usage.told if name not in {"total", "unit"} and "cost" not in name.lower()
    }
    cached = sum(counts.get(name, 0) for name in ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read"))
    written = sum(counts.get(name, 0) for name in ("cache_creation_input_tokens", "input_cache_creation"))
    reasoning = sum(counts.get(name, 0) for name in ("output_reasoning_tokens", "output_reasoning"))
    if "input" not in counts and "input_tokens" not in counts:
        counts = {_OTHER_NAMES.get(name, name): count for name, count in counts.items()}
    if not any("input" in name or "output" in name for name, count in counts.items() if count):
        return None
    model = line.text("model", "providedModelName", "provided_model_name")
    return _call(
        line,
        "langfuse",
        line.needed("id"),
        line.time("startTime", "start_time"),
        provider=_maker(model),
        model=model,
        project=line.text("projectId", "project_id"),
        user_id=line.text("userId", "user_id"),
        input_tokens=sum(count for name, count in counts.items() if "input" in name),
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=sum(count for name, count in counts.items() if "output" in name),
        reasoning_tokens=reasoning,
        reported_cost=line.number("totalCost", "total_cost", "calculatedTotalCost", "calculated_total_cost"),
    )


def helicone_call(line: Line) -> UsageRecord | None:
    """A request of Helicone's export; None for one that failed, or tells no tokens."""
    if not line.count("prompt_tokens") + line.count("completion_tokens"):
        return None
    if (status := line.text("response_status", "status")).isdigit() and not 200 <= int(status) < 300:
        return None
    model = line.needed("response_model", "request_model", "model_override", "model")
    read = line.count("prompt_cache_read_tokens")
    written = line.count("prompt_cache_write_tokens")
    provider = line.text("provider").lower() or _maker(model)
    # Anthropic's own counts, which leave cached tokens out.
    beside = read + written if provider == "anthropic" else 0
    return _call(
        line,
        "helicone",
        line.needed("request_id", "response_id", "id"),
        line.time("request_created_at", "created_at", "createdAt"),
        provider=provider,
        model=model,
        user_id=line.text("request_user_id", "user_id", "user"),
        input_tokens=line.count("prompt_tokens") + beside,
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=line.count("completion_tokens"),
        reported_cost=line.number("cost_usd", "costUSD", "costusd", "cost"),
    )


def openrouter_call(line: Line) -> UsageRecord:
    """A generation of the export of OpenRouter's logs."""
    return _call(
        line,
        "openrouter",
        line.needed("generation_id"),
        line.time("created_at"),
        provider="openrouter",
        model=line.needed("model_permaslug"),
        api_key=line.text("api_key_name"),
        user_id=line.text("user"),
        input_tokens=line.count("tokens_prompt"),
        cache_read_tokens=line.count("tokens_cached"),
        cache_write_tokens=0,
        output_tokens=line.count("tokens_completion"),
        reasoning_tokens=min(line.count("tokens_reasoning"), line.count("tokens_completion")),
        reported_cost=line.number("cost_total"),
    )


def bedrock_call(line: Line) -> UsageRecord | None:
    """A ModelInvocationLog of Amazon Bedrock; None for a call that failed."""
    if line.text("errorCode"):
        return None
    asked, answered = line.within("input"), line.within("output")
    read, written = asked.count("cacheReadInputTokenCount"), asked.count("cacheWriteInputTokenCount")
    return _call(
        line,
        "bedrock",
        line.needed("requestId"),
        line.time("timestamp"),
        provider="aws.bedrock",
        model=line.needed("modelId").rpartition("/")[2],
        account=line.text("accountId"),
        user_id=line.within("identity").text("arn"),
        input_tokens=asked.count("inputTokenCount") + read + written,
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=answered.count("outputTokenCount"),
    )


def _call(line: Line, source: str, call_id: str, time: datetime, *, provider: str, **told: Any) -> UsageRecord:
    told["cache_read_tokens"] = min(told["cache_read_tokens"], told["input_tokens"])
    return UsageRecord(
        source=source,
        granularity="call",
        begins=time,
        ends=time,
        provider=known.name if (known := named(provider)) else provider,
        calls=1,
        call_id=f"{line.text('api_key')[:8]}{call_id}" if source == "litellm" else call_id,
        **told,
    )


def _document(line: Line, *names: str) -> Line:
    """An object that is inside as it is, or as JSON in a text."""
    found = line.first(*names)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            raise line.refuse(names[0], "expected JSON") from None
    return Line(f"{line.place}.{names[0]}", found if isinstance(found, dict) else {})


def _maker(model: str) -> str:
    name = model.lower().rpartition("/")[2]
    return provider.name if (provider := told_by(name)) else ""
