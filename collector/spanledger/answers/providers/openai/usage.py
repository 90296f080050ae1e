"""What a usage in OpenAI's language tells: its counts, its cost, and what else is charged for."""

from typing import Final

from spanledger.answers.fields import Attributes, count_in, fields_of, put_cost, put_unpriced, tell_all, value_in
from spanledger.answers.providers.openai.counts import CHAT_USAGE, RESPONSE_USAGE, SEARCHES
from spanledger.answers.usage import Told


def tell_chat_usage(told: Told, usage: object, found: Attributes) -> None:
    """Tell what the usage of a chat completion counts, and note what else it charges for."""
    if tell_all(told, usage, CHAT_USAGE):
        fields = fields_of(usage)
        tell_all(told, value_in(fields, "server_side_tool_usage_details"), SEARCHES)
        put_cost_and_sources(found, fields)


def tell_response_usage(told: Told, usage: object, found: Attributes) -> None:
    """Tell what the usage of a response counts, and note what else it charges for."""
    if tell_all(told, usage, RESPONSE_USAGE):
        fields = fields_of(usage)
        tell_all(told, value_in(fields, "server_side_tool_usage_details"), SEARCHES)
        put_cost_and_sources(found, fields)


def put_cost_and_sources(found: Attributes, usage: object) -> None:
    """Note the cost that a usage tells, and what it counts beside tokens."""
    put_unpriced(found, {unit: count_in(usage, name) or 0 for name, unit in _OTHER_UNITS.items()})
    tools = value_in(usage, "server_side_tool_usage_details")
    if tools is not None:  # xAI's
        put_unpriced(found, {unit: count_in(tools, name) or 0 for name, unit in _TOOLS_OF_XAI.items()})
    else:
        put_unpriced(found, {"server-side tool": count_in(usage, "num_server_side_tools_used") or 0})
    cost = value_in(usage, "cost")
    if cost is not None:
        put_cost(found, cost if isinstance(cost, int | float) else value_in(cost, "total_cost"))
    ticks = count_in(usage, "cost_in_usd_ticks")
    if ticks is not None:
        put_cost(found, ticks / _TICKS)


_OTHER_UNITS: Final = {
    "num_sources_used": "search source",
    "prompt_audio_seconds": "audio second",
}
_TOOLS_OF_XAI: Final = {
    "x_search_calls": "x search",
    "code_interpreter_calls": "code execution",
    "file_search_calls": "file_search_call",
    "document_search_calls": "document search",
}
_TICKS: Final = 10_000_000_000  # to the dollar, as xAI tells
