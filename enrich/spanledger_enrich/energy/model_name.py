"""A model's name as hosts and gateways spell it, read as words: the same words, whoever serves the model.

`us.meta.llama3-1-70b-instruct-v1:0`, `meta-llama/Llama-3.1-70B-Instruct` and `llama-v3p1-70b-instruct` all hold the
words llama 3 1 70b.
"""

from __future__ import annotations

import re

# Sizes and numbered versions stay one word; elsewhere a letter before a digit ends a word.
_WORD = re.compile(
    r"\d+x\d+(?:\.\d+)?b(?![a-z])|[ae]?\d+(?:\.\d+)?[bmt](?![a-z])|v\d+(?:\.\d+)?(?![a-z\d])|\d+[a-z]*|[a-z]+"
)
_FIREWORKS = re.compile(r"(?<=\d)p(?=\d)")
_LLAMA = re.compile(r"llama[-_ ]?v(?=\d)")
# OpenAI's at Azure: gpt-4o-mini-2024-07-18.ft-0e20...; Bedrock's: custom-model/anthropic.claude-3-haiku.../abc.
_FINE_TUNED = re.compile(r"\.ft-[a-z\d-]*$")
_CUSTOM_MODEL = re.compile(r":custom-model/([^/]+)/")
_DATE = re.compile(r"^(?:\d{8}|20\d{2}|\d{4}|00\d|0\d|1[0-2]|[12]\d|3[01])$")
# What hosts put before a name, and what does not make it another model.
_HOSTED_BY = frozenset({
    "us", "eu", "apac", "global", "regional", "au", "jp", "ca", "gov", "anthropic", "openai", "google", "meta",
    "mistral", "mistralai", "cohere", "amazon", "azure", "bedrock", "vertex", "databricks", "snowflake", "models",
})  # fmt: skip
_SAME_MODEL = frozenset({
    "latest", "preview", "exp", "experimental", "thinking", "reasoning", "instruct", "chat", "high", "low", "minimal",
    "xhigh", "beta", "free", "nitro", "floor", "online", "extended", "fast", "batch", "flex", "priority", "highspeed",
    "maas", "it", "hf", "v0", "v1", "v2", "fp8", "bf16", "customtools", "global", "us", "eu", "default", "text",
})  # fmt: skip


def base(name: str) -> str:
    """The name without path, fine-tuning job (``ft:gpt-4o:org::id``) and deployment of a version (``@20250514``)."""
    lower = name.strip().lower()
    if lower.startswith("ft:"):
        lower = lower.split(":")[1]
    if custom := _CUSTOM_MODEL.search(lower):
        lower = custom[1]
    return _FINE_TUNED.sub("", lower.rstrip("/").rsplit("/", 1)[-1])


def words(name: str) -> tuple[str, ...]:
    """The words of a name."""
    text = _FIREWORKS.sub(".", _LLAMA.sub("llama-", base(name)))
    return tuple(_WORD.findall(text))


def meant(spelled: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What the words may mean, the most words first: less and less of the host before and of the date after them."""
    ends = [len(spelled)]
    while (end := ends[-1]) > 1 and (
        spelled[end - 1] in _SAME_MODEL or _is_date(spelled, end - 1) or _is_build(spelled, end - 1)
    ):
        ends.append(end - 1)
    begins = [0]
    while begins[-1] < ends[-1] - 1 and spelled[begins[-1]] in _HOSTED_BY:
        begins.append(begins[-1] + 1)
    return sorted((spelled[begin:end] for begin in begins for end in ends), key=len, reverse=True)


def found_in(key: tuple[str, ...], spelled: tuple[str, ...]) -> bool:
    """Whether ``key`` stands in the words as it is: not as the beginning of a longer version number."""
    length = len(key)
    for begin in range(len(spelled) - length + 1):
        after = spelled[begin + length] if begin + length < len(spelled) else ""
        longer = key[-1].isdigit() and after.isdigit() and len(after) < 3 and not _is_date(spelled, begin + length)
        if spelled[begin : begin + length] == key and not longer:
            return True
    return False


def _is_date(spelled: tuple[str, ...], at: int) -> bool:
    """Whether the word is a date or a part of one, such as 2024 08 06, 08 2024, 0324 or 001."""
    if not _DATE.match(spelled[at]):
        return False
    if len(spelled[at]) > 2:
        return True
    # Google's way: preview-05-20, exp-03-25.
    if any(_day_after_preview(spelled, month) for month in (at - 1, at)):
        return True
    near = spelled[max(0, at - 2) : at + 3]
    return any(re.match(r"^20\d{2}$", word) for word in near)


def _day_after_preview(spelled: tuple[str, ...], month: int) -> bool:
    return spelled[month - 1 : month] in {("preview",), ("exp",)} and all(
        len(word) == 2 and _DATE.match(word) for word in spelled[month : month + 2]
    )


def _is_build(spelled: tuple[str, ...], at: int) -> bool:
    """Whether the word is the second number of a version such as v1:0."""
    return spelled[at].isdigit() and re.match(r"^v\d$", spelled[at - 1]) is not None
