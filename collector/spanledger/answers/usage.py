"""The counts of an answer as they are told, and the one meaning they are brought to.

Input tokens are the whole prompt, cached tokens included; output tokens include reasoning. What is inside and what
beside is the convention's word; where a total is told, it decides; and each decision is noted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

from spanledger import attributes
from spanledger.answers.convention import Convention
from spanledger.answers.fields import Attributes

Told: TypeAlias = dict[str, int]
"""Counts by class: "input", "output", "total", and the parts in the tables below."""


@dataclass(slots=True)
class Reading:
    """What a reader found in an answer, or in one chunk of a stream.

    Attributes:
        found: The attributes that need no arithmetic.
        told: The counts.
        convention: How they are to be understood.
        last: Of a chunk: whether it says that the model has come to its end.
        adds: Of a chunk: whether its counts add to those before, and do not repeat them.
        generates: Whether such an answer has output.
        renews: Of a chunk: whether its counts are of all so far, and take the place of those before, more or less.
    """

    found: Attributes
    told: Told
    convention: Convention
    last: bool = False
    adds: bool = False
    generates: bool = True
    renews: bool = False


def put_usage(found: Attributes, told: Told, convention: Convention, generates: bool = True) -> None:
    """Notes the span attributes of what was told: tokens of each class, and what had to be decided."""
    inputs, outputs = told.get("input"), told.get("output")
    notes: list[str] = []
    if generates and inputs == 0 and _asks_nothing(told, convention):
        told = {name: count for name, count in told.items() if name not in {"input", "total"}}
        inputs = None
    plain = None if inputs is None or outputs is None else _plain(told, inputs, outputs, convention)
    if plain is None:
        inputs, outputs, notes = _decided(told, convention, generates)
    else:
        inputs, outputs = plain
    if inputs is not None:
        found[attributes.USAGE_INPUT_TOKENS] = inputs
    if outputs is not None:
        found[attributes.USAGE_OUTPUT_TOKENS] = outputs
    for part, count in told.items():
        if count and part in _NAMES:
            # Where the total tells that all reasoning is inside, one token more than all is somebody's miscount.
            found[_NAMES[part]] = outputs if part == "reasoning" and outputs and count > outputs else count
            if part in _OF_OTHER_MODALITY:
                notes.append(f"tokens of {_OF_OTHER_MODALITY[part]}")
    if notes:
        found[attributes.USAGE_NOTE] = "; ".join(notes)


def _asks_nothing(told: Told, convention: Convention) -> bool:
    """Whether 0 stands for a prompt that nobody counted: an answer to nothing. What an app says itself is a count."""
    outputs = told.get("output", 0)
    return (
        outputs > 0
        and convention.name not in {"spanledger", "langchain"}
        and told.get("total", 0) <= outputs
        and not any(told.get(part) for part in _OF_INPUT)
    )


def _plain(told: Told, inputs: int, outputs: int, convention: Convention) -> tuple[int, int] | None:
    """All of the input and of the output where nothing is to be decided, as with nearly all answers; else `None`.

    Then what is beside is beside by the convention, and the total, where it is told, is the sum.
    """
    usual = convention.beside_input + convention.beside_output
    total = told.get("total")
    if not usual and total == inputs + outputs:
        return inputs, outputs
    whole, made = inputs, outputs
    for part in convention.beside_input:
        whole += told.get(part, 0)
    for part in convention.beside_output:
        made += told.get(part, 0)
    if total and convention.total != "not beside":
        if total != whole + made:
            return None
        if total != inputs + outputs:
            return whole, made
    return (whole, made) if _parts_too_large(told).issubset(usual) else None


def _decided(told: Told, convention: Convention, generates: bool) -> tuple[int | None, int | None, list[str]]:
    """All of the input and of the output, reasoning that only the total tells noted in `told`, and the notes."""
    notes: list[str] = []
    inputs, outputs = told.get("input"), told.get("output")
    total = told.get("total") or None
    beside = {part for part in (*convention.beside_input, *convention.beside_output) if told.get(part)}
    if inputs is not None and outputs is not None:
        beside, hidden = _settled(told, convention, beside, notes)
        if hidden:
            part = "tool_prompt" if told.get("reasoning") else "reasoning"
            told[part] = hidden
            beside = beside | {part}
    elif total:
        inputs, outputs = _completed(inputs, outputs, total, told, beside, notes)
    if told and generates and (inputs is None) != (outputs is None):
        notes.append("input not told" if inputs is None else "output not told")
    if inputs is not None:
        inputs += sum(told[part] for part in beside if part in _OF_INPUT)
    if outputs is not None:
        outputs += sum(told[part] for part in beside if part in _OF_OUTPUT)
    return inputs, outputs, notes


def _settled(told: Told, convention: Convention, usual: set[str], notes: list[str]) -> tuple[set[str], int]:
    """Which parts are beside the input and output, and how much of what is not told only the total tells of."""
    inputs, outputs = told["input"], told["output"]
    impossible = _parts_too_large(told) - usual
    total = told.get("total")
    if not total or convention.total == "not beside":
        if impossible:
            notes.append(f"{_named(impossible)} more than all: counted beside")
        return usual | impossible, 0
    gap = total - inputs - outputs
    if gap == sum(told[part] for part in usual):
        # No total puts more cached tokens into the input than it has.
        no_room = {part for part in impossible if part in _CACHED} if not usual else set()
        if no_room:
            notes.append(f"{_named(no_room)} more than all: counted beside")
        return usual | no_room, 0
    for parts in _choices([part for part in (*_OF_INPUT, *_OF_OUTPUT) if told.get(part)]):
        if gap == sum(told[part] for part in parts):
            if parts != usual:
                told_apart = f"{_named(parts - usual)} beside" if parts - usual else f"{_named(usual - parts)} inside"
                notes.append(f"total_tokens tells {told_apart}")
            return parts, 0
    left = gap - sum(told[part] for part in usual | impossible)
    if convention.total == "reasoning" and gap > 0 and not told.get("reasoning"):
        notes.append("total_tokens tells of reasoning")
        return usual, gap
    if convention.total == "reasoning" and left > 0 and not told.get("tool_prompt"):
        notes.append("total_tokens tells of results of tools")
        return usual | impossible, left
    notes.append("total_tokens is not the sum")
    return usual | impossible, 0


def _completed(
    inputs: int | None, outputs: int | None, total: int, told: Told, beside: set[str], notes: list[str]
) -> tuple[int | None, int | None]:
    """Both counts where the total and one of them are told."""
    rest = total - (inputs or 0) - (outputs or 0) - sum(told[part] for part in beside)
    if rest >= 0 and inputs is not None:
        notes.append("output told by total_tokens")
        return inputs, rest
    if rest >= 0 and outputs is not None:
        notes.append("input told by total_tokens")
        return rest, outputs
    return inputs, outputs


def _parts_too_large(told: Told) -> set[str]:
    """Parts that are more than all of which they would be part."""
    if len(told) == 2:
        return set()
    too_large: set[str] = set()
    if told.get("cache_read", 0) + told.get("cache_write", 0) > told["input"]:
        too_large.update(part for part in _CACHED if told.get(part))
    if told.get("reasoning", 0) > told["output"]:
        too_large.add("reasoning")
    return too_large


def _choices(parts: list[str]) -> Iterator[set[str]]:
    """Every set of parts, those of few first; cached tokens are read and written alike, but in the last ones."""
    for count in range(len(parts) + 1):
        for chosen in combinations(parts, count):
            if len({"cache_read", "cache_write"} & set(chosen)) != 1 or not {"cache_read", "cache_write"} <= set(parts):
                yield set(chosen)
    if {"cache_read", "cache_write"} <= set(parts):  # LiteLLM takes those that were read out, and leaves those written
        yield {"cache_read"}
        yield {"cache_read", "reasoning"} & set(parts)
        yield {"cache_write"}  # and where it speaks for Bedrock, puts in those that were read alone


def _named(parts: set[str]) -> str:
    return " and ".join(sorted(parts))


_OF_INPUT: Final = ("cache_read", "cache_write", "tool_prompt", "citation")
_OF_OUTPUT: Final = ("reasoning",)
_CACHED: Final = ("cache_read", "cache_write")
_NAMES: Final = {
    "cache_read": attributes.USAGE_CACHE_READ_TOKENS,
    "cache_write": attributes.USAGE_CACHE_WRITE_TOKENS,
    "cache_write_1h": attributes.USAGE_CACHE_WRITE_1H_TOKENS,
    "reasoning": attributes.USAGE_REASONING_TOKENS,
    "citation": attributes.USAGE_CITATION_TOKENS,
    "audio_input": attributes.USAGE_INPUT_AUDIO_TOKENS,
    "audio_output": attributes.USAGE_OUTPUT_AUDIO_TOKENS,
    "audio_cache_read": attributes.USAGE_CACHE_READ_AUDIO_TOKENS,
    "image_input": attributes.USAGE_INPUT_IMAGE_TOKENS,
    "image_output": attributes.USAGE_OUTPUT_IMAGE_TOKENS,
    "image_cache_read": attributes.USAGE_CACHE_READ_IMAGE_TOKENS,
    "video_input": attributes.USAGE_INPUT_VIDEO_TOKENS,
    "web_searches": attributes.USAGE_WEB_SEARCHES,
}
_OF_OTHER_MODALITY: Final = {
    "audio_cache_read": "cached audio",
    "image_input": "images in the input",
    "image_output": "images in the output",
    "image_cache_read": "cached images",
    "video_input": "video",
}
