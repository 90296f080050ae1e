"""Chat Completions and Completions, whole and in chunks."""

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import getter, put_cost, put_texts, value_in
from spanledger.answers.providers.openai.identity import Asked, Getter, convention, identity, speaker
from spanledger.answers.providers.openai.usage import tell_chat_usage
from spanledger.answers.usage import Reading, Told


def read_chat_completion(answer: object, get: Getter, asked: Asked) -> Reading:
    """A whole completion."""
    found = identity(answer, get)
    choices = get("choices")
    if type(choices) is list:
        reasons = []
        for choice in choices:
            reason = choice.get("finish_reason") if type(choice) is dict else getter(choice)("finish_reason")
            if reason and isinstance(reason, str):
                reasons.append(reason)
        if reasons:
            found[attributes.RESPONSE_FINISH_REASONS] = reasons
    if type(answer) is not dict and speaker(type(answer).__module__) == "litellm":
        put_cost(found, value_in(value_in(answer, "_hidden_params"), "response_cost"))
    told: Told = {}
    tell_chat_usage(told, get("usage"), found)
    return Reading(found, told, convention(found, asked))


def read_chat_chunk(chunk: object, asked: Asked) -> Reading:
    """A chunk of one: its usage stands in the last, or in each."""
    get = getter(chunk)
    found = identity(chunk, get)
    reasons, usages = [], [get("usage"), value_in(get("x_groq"), "usage")]
    for choice in get("choices") or ():
        of_choice = getter(choice)
        reasons.append(of_choice("finish_reason"))
        usages.append(of_choice("usage"))
    last = any(reasons)
    if last:
        put_texts(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    told: Told = {}
    for usage in usages:
        if usage is not None and not told.get("output"):
            tell_chat_usage(told, usage, found)
    return Reading(found, told, convention(found, asked) if told else OPENAI, last)
