"""Responses and Realtime, and the tools that they used."""

from typing import Final

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import count_in, getter, items_in, put_texts, put_unpriced, value_in
from spanledger.answers.providers.openai.identity import Asked, Getter, convention, identity
from spanledger.answers.providers.openai.usage import tell_response_usage
from spanledger.answers.usage import Reading, Told


def read_response(answer: object, get: Getter, asked: Asked) -> Reading:
    """A whole response, or one as an event of a stream ends with it."""
    found = identity(answer, get)
    reason = value_in(get("incomplete_details"), "reason") or get("status")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    told: Told = {}
    tell_response_usage(told, get("usage"), found)
    tools = _tools_used(answer)
    # An item may hold several searches: the number of those that are billed is told where there is one.
    counted = count_in(value_in(get("tool_usage"), "web_search"), "num_requests")
    searches = counted or tools.pop("web_search_call", 0)
    tools.pop("web_search_call", None)
    if searches and "web_searches" not in told:
        told["web_searches"] = searches
    put_unpriced(found, tools)
    return Reading(found, told, convention(found, asked))


def read_realtime(answer: object) -> Reading:
    """A response of a realtime session, which has many."""
    found = identity(answer, getter(answer))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "status")])
    told: Told = {}
    tell_response_usage(told, value_in(answer, "usage"), found)
    return Reading(found, told, OPENAI, last=True, adds=True)


def _tools_used(answer: object) -> dict[str, int]:
    """How often each tool of the provider's was used that it charges for; its arguments and results are not read."""
    used: dict[str, int] = {}
    for item in items_in(answer, "output"):
        kind = value_in(item, "type")
        if kind not in _CHARGED_TOOLS or value_in(item, "status") == "failed":
            continue
        action = value_in(value_in(item, "action"), "type")
        if kind == "web_search_call" and action not in {None, "search"}:
            continue  # to open a page that was found costs nothing more
        used[kind] = used.get(kind, 0) + 1
    return used


_CHARGED_TOOLS: Final = frozenset({
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call",
})  # fmt: skip
