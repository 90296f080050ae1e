"""Which meter, tier and scope the words of a line name: providers spell a meter in three ways, and mean one.

What is left of the words is the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*[a-z]*|\d+(?:\.\d+)*[a-zA-Z]*|\w+")
_MEANING: Final = {
    name: meaning
    for meaning, names in {
        "input": "input inputs inp in prompt",
        "output": "output outputs outp opt out completion response",
        "cache": "cache cached caching cd cch cchd",
        "read": "read reads hit hits",
        "write": "write writes wr creation",
        "hour": "1h 1hour hour",
        "audio": "audio aud",
        "image": "image images img",
        "video": "video",
        "text": "text txt",
        "reasoning": "thinking reasoning",
        "storage": "storage",
        "batch": "batch",
        "flex": "flex",
        "priority": "priority pp",
        "global": "global gl glbl glb",
        "zone": "dzone dz dzn datazone",
        "regional": "regional regnl rgnl region",
        "": "token tokens tok count units unit ga predictions prediction 1m 1k usage standard std million millions "
            "miss uncached ephemeral 5m long context short",
    }.items()
    for name in names.split()
}  # fmt: skip
_TOKENS: Final = re.compile(
    r"(?P<each>\d{1,9}|\d{1,3}(?:,\d{3})+)?[ -]?(?P<of>k|m|thousand|millions?)?[ /-]?(?P<name>tokens?)?"
)
_OF: Final = {"": 1, "k": 1000, "thousand": 1000, "m": 1_000_000, "million": 1_000_000, "millions": 1_000_000}
_STANDARD: Final = frozenset(
    {"", "default", "standard", "auto", "message", "on_demand", "on-demand", "ondemand", "none"}
)
_TIERS: Final = ("batch", "flex", "priority")
_SCOPES: Final = {"global": "global", "zone": "data zone", "regional": "regional"}


@dataclass(frozen=True, slots=True)
class Named:
    """What words name; `meter` is empty where they name none."""

    meter: str
    model: str
    service_tier: str
    scope: str


def named(text: str) -> Named:
    """What a meter's name says: `5.4 mini cd inp Gl 1M Tokens`, `CacheReadInputTokenCount_Global_Batch`."""
    text = re.sub(r"(?i)data[ -]?zone|dzone", "dzone", text)
    text = re.sub(r"(?i)(?<=write)(?=\d)", " ", text)
    words = [word for name in re.split(r"[\s_-]+", text) for word in _words(name)]
    meanings = [_MEANING.get(word.lower()) for word in words]
    said = {meaning for meaning in meanings if meaning}
    # A number that stands for an hour is one only beside that word: `token-count-1-hour`.
    left = [word for word, meaning in zip(words, meanings, strict=True) if meaning is None]
    if "hour" in said and left and left[-1] == "1":
        left.pop()
    tier = next((tier for tier in _TIERS if tier in said), "standard")
    scope = next((scope for word, scope in _SCOPES.items() if word in said), "")
    return Named(_meter(said), "-".join(left), tier, scope)


def tier(said: str) -> str:
    """A service tier by its one name: what is no batch, flex or priority in any spelling is as it is said."""
    name = said.strip().lower()
    return "standard" if name in _STANDARD else name


def tokens_each(unit: str) -> int | None:
    """How many tokens a unit is: `1M Tokens`, `10K`, `1000000 tokens`; None: it is none of tokens."""
    found = _TOKENS.fullmatch(unit.strip().lower())
    if found is None or not (found["of"] or found["name"]):
        return None
    return int((found["each"] or "1").replace(",", "")) * _OF[found["of"] or ""]


def _words(name: str) -> list[str]:
    """The words of a name; one that says nothing of a meter stays whole, such as `DeepSeek`."""
    words: list[str] = _WORD.findall(name)
    return words if any(word.lower() in _MEANING for word in words) else [name] if words else []


def _meter(said: set[str]) -> str:
    kind = next((f"_{kind}" for kind in ("audio", "image", "video") if kind in said), "")
    if "storage" in said:
        return "storage"
    if "cache" in said and "write" in said:
        return "cache_write_1h" if "hour" in said else "cache_write"
    if "cache" in said:
        return f"cache_read{kind if kind != '_video' else ''}"
    if "reasoning" in said:
        return "reasoning"
    if "input" in said:
        return f"input{kind}"
    return f"output{kind if kind != '_video' else ''}" if "output" in said else ""
