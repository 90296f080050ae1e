"""Anthropic's Messages, whole and in the events of a stream, and the results of its Agent SDK. Source: its reference.

`input_tokens` are only those neither read from nor written to the cache: the prompt is the sum of all three. Where
`usage.iterations` tells the steps of one request, the counts beside it leave some of them out: the steps are the whole.
"""

import json
from typing import Any, Final

from spanledger import attributes
from spanledger.answers.convention import ANTHROPIC
from spanledger.answers.fields import (
    Attributes,
    count_in,
    fields_of,
    items_in,
    put_cost,
    put_id,
    put_text,
    put_texts,
    put_unpriced,
    tell,
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
        return None if result is None else result._replace(last=True)
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
    usage = fields_of(usage)
    steps = [step for step in items_in(usage, "iterations") if value_in(step, "model") is None]
    if steps and any(count_in(step, "input_tokens", "output_tokens") for step in steps):
        for step in steps:
            of_step: Told = {}
            _tell_counts(of_step, step)
            for name, count in of_step.items():
                told[name] = told.get(name, 0) + count
    else:
        _tell_counts(told, usage)
    tell_part(told, "reasoning", value_in(usage, "output_tokens_details"), "thinking_tokens")
    tools = fields_of(value_in(usage, "server_tool_use"))
    if tools is not None:
        tell_part(told, "web_searches", tools, "web_search_requests")
        put_unpriced(found, {"code execution": count_in(tools, "code_execution_requests") or 0})
    tier = value_in(usage, "service_tier")
    put_text(found, attributes.SERVICE_TIER, tier)
    if tier == "batch":
        found[attributes.BATCH] = True
    put_text(found, attributes.SPEED, value_in(usage, "speed"))
    put_text(found, attributes.INFERENCE_GEO, value_in(usage, "inference_geo"))


def _tell_counts(told: Told, usage: Any) -> None:
    tell(told, "input", usage, "input_tokens")
    tell(told, "output", usage, "output_tokens")
    tell_part(told, "cache_read", usage, "cache_read_input_tokens")
    written = fields_of(value_in(usage, "cache_creation"))
    five, hour = count_in(written, "ephemeral_5m_input_tokens"), count_in(written, "ephemeral_1h_input_tokens")
    if hour:
        told["cache_write_1h"] = hour
    all_written = count_in(usage, "cache_creation_input_tokens") or (five or 0) + (hour or 0)
    if all_written:
        told["cache_write"] = all_written


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
