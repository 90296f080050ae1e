"""Anthropic's Messages, whole and in the events of a stream, and the results of its Agent SDK. Source: its reference.

`input_tokens` are only those neither read from nor written to the cache: the prompt is the sum of all three. Where
`usage.iterations` tells the steps of one request, the counts beside it leave some of them out: the steps are the whole.
"""

import json
from dataclasses import replace
from typing import Any, Final

from spanledger import attributes
from spanledger.answers.convention import ANTHROPIC
from spanledger.answers.fields import (
    Attributes,
    CountNames,
    count_in,
    fields_of,
    getter,
    put_cost,
    put_id,
    put_text,
    put_texts,
    put_unpriced,
    tell_all,
    tell_part,
    value_in,
)
from spanledger.answers.usage import Reading, Told, put_usage


def read_message(answer: object) -> Reading | None:
    """What a message, or the result of an agent's run, says; `None` where it is neither."""
    if value_in(answer, "type") != "message":
        return _read_agent_result(answer)
    found = _identity(answer)
    told: Told = {}
    _tell_usage(told, value_in(answer, "usage"), found)
    return Reading(found, told, ANTHROPIC)


def read_message_event(event: object) -> Reading | None:
    """What an event of a stream says, its counts being those so far; `None` where it is none."""
    kind = value_in(event, "type")
    if not isinstance(kind, str) or kind not in _EVENTS:
        # An agent's run tells of messages on its way, of each as often as it has parts, and of all at its end.
        result = _read_agent_result(event)
        return None if result is None else replace(result, last=True)
    found: Attributes = {}
    told: Told = {}
    if kind == "message_start":
        message = value_in(event, "message")
        found = _identity(message)
        _tell_usage(told, value_in(message, "usage"), found)
        told.pop("output", None)  # of the first tokens only
    elif kind == "message_delta":
        put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(value_in(event, "delta"), "stop_reason")])
        _tell_usage(told, value_in(event, "usage"), found)
    # What the last event tells is of all; what the first told may have been an estimate.
    return Reading(found, told, ANTHROPIC, last=kind == "message_stop", renews=kind == "message_delta")


def _read_agent_result(answer: object) -> Reading | None:
    """The last message of an agent's run: one usage for all of its calls, and what they cost by its own reckoning."""
    usage = value_in(answer, "usage")
    cost = value_in(answer, "total_cost_usd")
    if cost is None or count_in(usage, "input_tokens") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "anthropic"}
    told: Told = {}
    _tell_usage(told, usage, found)
    put_cost(found, cost)
    models = value_in(answer, "modelUsage") or value_in(answer, "model_usage")
    if isinstance(models, dict) and models:
        _tell_models(told, models, found)
    return Reading(found, told, ANTHROPIC)


def _tell_models(told: Told, models: dict[str, Any], found: Attributes) -> None:
    """Which model the run's usage is of, where several took part, and what the others used."""
    by_model = {model: {key: count_in(used, name) or 0 for key, name in _OF_MODEL} for model, used in models.items()}
    mine = {key: told.get(key, 0) for key, _ in _OF_MODEL}
    main = next((model for model, used in by_model.items() if used == mine), None)
    if main is None and len(by_model) == 1:
        main = next(iter(by_model))
        told.update({key: max(count, mine[key]) for key, count in by_model[main].items() if count})
    elif main is None:  # of no model alone: then each is told for itself
        main = max(by_model, key=lambda model: sum(by_model[model].values()))
        told.clear()
        told.update(by_model[main])
    put_text(found, attributes.RESPONSE_MODEL, main)
    others = [_of_other(model, models[model], used) for model, used in by_model.items() if model != main]
    others = [other for other in others if other]
    if others:
        found[attributes.OTHER_MODELS] = json.dumps(others)
        put_cost(found, value_in(models[main], "costUSD"))


def _of_other(model: str, used: Any, counts: Told) -> Attributes:
    """The attributes of a model's calls, taken together; none where it was not used."""
    if not any(counts.values()):
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "anthropic", attributes.RESPONSE_MODEL: model}
    told = {key: count for key, count in counts.items() if count or key in {"input", "output"}}
    tell_part(told, "web_searches", used, "webSearchRequests")
    put_cost(found, value_in(used, "costUSD"))
    put_usage(found, told, ANTHROPIC)
    return found


def _identity(message: object) -> Attributes:
    found: Attributes = {attributes.PROVIDER_NAME: "anthropic"}
    put_id(found, value_in(message, "id"))
    put_text(found, attributes.RESPONSE_MODEL, value_in(message, "model"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(message, "stop_reason")])
    return found


def _tell_usage(told: Told, usage: object, found: Attributes) -> None:
    get = getter(usage)
    apart = get("iterations")
    steps = [step for step in apart if value_in(step, "model") is None] if isinstance(apart, list | tuple) else []
    if steps and any(count_in(step, "input_tokens", "output_tokens") for step in steps):
        for step in steps:
            of_step: Told = {}
            _tell_counts(of_step, step, _OF_STEP)
            for name, count in of_step.items():
                told[name] = told.get(name, 0) + count
        tell_all(told, usage, _OF_ALL_STEPS)
    else:
        _tell_counts(told, usage, _USAGE)
    tools = get("server_tool_use")
    if tools is not None:
        put_unpriced(found, {"code execution": count_in(fields_of(tools), "code_execution_requests") or 0})
    tier = get("service_tier")
    put_text(found, attributes.SERVICE_TIER, tier)
    if tier == "batch":
        found[attributes.BATCH] = True
    put_text(found, attributes.SPEED, get("speed"))
    put_text(found, attributes.INFERENCE_GEO, get("inference_geo"))


def _tell_counts(told: Told, usage: Any, names: CountNames) -> None:
    tell_all(told, usage, names)
    five = told.pop("cache_write_5m", 0)
    if not told.get("cache_write") and (written := five + told.get("cache_write_1h", 0)):
        told["cache_write"] = written


_COUNTS: Final = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
}
_WRITTEN: Final = {
    "cache_creation": CountNames(
        {"ephemeral_5m_input_tokens": "cache_write_5m", "ephemeral_1h_input_tokens": "cache_write_1h"}
    ),
}
_OF_ALL_STEPS: Final = CountNames(
    {},
    {
        "output_tokens_details": CountNames({"thinking_tokens": "reasoning"}),
        "server_tool_use": CountNames({"web_search_requests": "web_searches"}),
    },
)
_OF_STEP: Final = CountNames(_COUNTS, _WRITTEN)
_USAGE: Final = CountNames(_COUNTS, {**_WRITTEN, **_OF_ALL_STEPS.details})
_OF_MODEL: Final = (
    ("input", "inputTokens"),
    ("output", "outputTokens"),
    ("cache_read", "cacheReadInputTokens"),
    ("cache_write", "cacheCreationInputTokens"),
)
_EVENTS: Final = frozenset({
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "ping",
})  # fmt: skip
