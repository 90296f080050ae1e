"""The vocabulary in the database: as the tables `provider` and `attribute`, and as constants in the text of views."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_sql.definitions.included_parts import PLACEHOLDER
from spanledger_vocabulary.attribute import attributes
from spanledger_vocabulary.convention import conventions
from spanledger_vocabulary.framework import labels_of_nobody
from spanledger_vocabulary.provider import providers
from spanledger_vocabulary.row_file import FOLDER
from spanledger_vocabulary.translation import COUNTS, operations, usage_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_sql.store import Store

# What the view that stores spans does with a value, by what it holds. 0, what is not known, is kept if it is a number.
_TREATMENTS: Final = {
    "name": 1, "identity": 9, "count": 2, "usage": 3, "identities": 4, "url": 5, "type": 6, "answer": 7, "contents": 8,
    "email": 10, "repository": 11,
}  # fmt: skip
# What is charged by in place of tokens; the last of the meanings.
_UNITS: Final = tuple(
    f"unit.{unit}" for unit in ("character", "audio_second", "video_second", "image", "page", "search")
)
# Meanings of which few spans say anything: the view looks for them only on spans that do.
_OF_FEW: Final = (
    "usage.image_input", "usage.image_output", "usage.image_cache_read", "usage.audio_cache_read", "usage.video_input",
    "usage.tool_prompt", "usage.citation", "usage.thoughts", "usage.all_inside", "usage.input_details",
    "usage.output_details", "usage.cache_input",
    "usage.other_units", "usage.reported_cost", "usage.note", "geo", "model_document", *_UNITS,
)  # fmt: skip
# How the view writes a convention, as bits: what is beside, and what a total tells.
_BESIDE: Final = {"cache_read": 1, "cache_write": 1, "reasoning": 2, "tool_prompt": 4}
_TOTALS: Final = {"all": 0, "not beside": 8, "reasoning": 16}


def fill(text: str) -> str:
    """A view's text with the vocabulary's constants for its ``{{placeholders}}``.

    Raises:
        KeyError: There is no constant of that name.
    """
    if "{{" not in text:
        return text
    constants = _constants()
    return PLACEHOLDER.sub(lambda found: constants[found[1]], text)


def checksum() -> str:
    """SHA-256 of the files that the tables are made of, in hex."""
    files = (FOLDER / "provider.csv", FOLDER / "attribute.csv")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def load(store: Store) -> None:
    """Put the vocabulary into its tables, in place of what is there."""
    for table, rows in (("provider", _provider_rows()), ("attribute", _attribute_rows())):
        store.execute(f"TRUNCATE TABLE {table}")
        store.insert(table, rows)


def _provider_rows() -> list[dict[str, object]]:
    return [
        {
            "name": provider.name,
            "aliases": list(provider.aliases),
            "hosts": list(provider.hosts),
            "is_api": int(provider.is_api),
            "models": provider.models,
            "catalogue": provider.catalogue,
            "makers": list(provider.makers),
            "data_centres": provider.data_centres,
        }
        for provider in providers()
    ]


def _attribute_rows() -> list[dict[str, object]]:
    return [
        {
            "name": attribute.name,
            "pattern": attribute.pattern,
            "dialect": attribute.dialect,
            "meaning": attribute.meaning,
            "holds": attribute.holds,
            "stored": attribute.stored,
        }
        for attribute in attributes()
    ]


@cache
def _constants() -> dict[str, str]:
    known = attributes()
    exact = [attribute for attribute in known if not attribute.pattern]
    read = [attribute for attribute in exact if attribute.meaning and attribute.meaning != "tenant"]
    common = [attribute.meaning for attribute in read if attribute.meaning not in _OF_FEW]
    meanings = list(dict.fromkeys([*common, *_OF_FEW]))
    hosts = {host: provider.name for provider in providers() for host in provider.hosts}
    regional = {host.removeprefix("*"): name for host, name in hosts.items() if host.startswith("*")}
    names = {alias: provider.name for provider in providers() for alias in provider.aliases}
    calls = {
        dialect: [o for o in operations() if o.dialect == dialect] for dialect in {o.dialect for o in operations()}
    }
    fields = usage_fields()
    sellers = [choice for provider in providers() for choice in _choices(provider.models)]
    constants = {
        "names_read": _array(attribute.name for attribute in read),
        **{f"meaning_{meaning.replace('.', '_')}": str(place) for place, meaning in enumerate(meanings, 1)},
        "meanings_read": _numbers(meanings.index(attribute.meaning) + 1 for attribute in read),
        "tenant_names": _array(attribute.name for attribute in exact if attribute.meaning == "tenant"),
        "names_known": _array(attribute.name for attribute in exact),
        "treatments": _numbers(_TREATMENTS[attribute.holds] for attribute in exact),
        "emails": _array(attribute.name for attribute in exact if attribute.holds == "email"),
        "repositories": _array(attribute.name for attribute in exact if attribute.holds == "repository"),
        "patterns_of_contents": _patterns("contents"),
        "patterns_of_usage": _patterns("usage"),
        "patterns_of_names": _patterns("name"),
        "patterns_of_identities": _patterns("identity"),
        "usage_fields": _array(fields),
        "usage_field_counts": _numbers(COUNTS.index(count) + 1 for count in fields.values()),
        "labels_of_nobody": _array(labels_of_nobody()),
        "labels_of_nobody_as": _array("" for _ in labels_of_nobody()),
        "providers_called_otherwise": _array(names),
        "providers_so_called": _array(names.values()),
        "hosts": _array(host for host in hosts if not host.startswith("*")),
        "hosts_providers": _array(name for host, name in hosts.items() if not host.startswith("*")),
        "regional_hosts": ", ".join(f"endsWith(server, {_text(end)}), {_text(name)}" for end, name in regional.items()),
        "models_of_providers": ", ".join(
            f"match(request_model_name, {_text(f'^({provider.models})')}), {_text(provider.name)}"
            for provider in providers()
            if provider.models
        ),
        "models_with_sellers": _text(f"^({'|'.join(choice for choice in sellers if '/' in choice)})"),
        "first_of_few": str(meanings.index(_OF_FEW[0]) + 1),
        "first_unit": str(meanings.index(_UNITS[0]) + 1),
        "units": _array(unit.rsplit(".", 1)[1] for unit in _UNITS),
        "counts": str(len(COUNTS)),
        **_convention_constants(),
    }
    for dialect, called in calls.items():
        key = dialect.replace("-", "_")
        constants[f"{key}_names"] = _array(operation.name for operation in called)
        constants[f"{key}_operations"] = _array(operation.operation for operation in called)
    return constants


def _convention_constants() -> dict[str, str]:
    by_dialect: dict[str, int] = {}
    of_all: dict[str, int] = {}
    for convention in conventions():
        bits = _TOTALS[convention.total]
        for part in (*convention.beside_input, *convention.beside_output):
            bits |= _BESIDE.get(part, 0)
        for said_by in convention.said_by:
            for provider in convention.providers:
                if said_by == "any":
                    of_all.setdefault(provider, bits)
                elif said_by != "answer":
                    by_dialect.setdefault(f"{said_by} {provider}", bits)
    return {
        "conventions": _array(by_dialect),
        "conventions_bits": _numbers(by_dialect.values()),
        "conventions_of_all": _array(of_all),
        "conventions_of_all_bits": _numbers(of_all.values()),
    }


def _choices(pattern: str) -> list[str]:
    """The choices of a regular expression, without those in parentheses."""
    found, depth = [""], 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def _patterns(*holds: str) -> str:
    found = [attribute.pattern for attribute in attributes() if attribute.pattern and attribute.holds in holds]
    return _text(f"^({'|'.join(found)})$")


def _array(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_text(text) for text in texts) + "]"


def _numbers(numbers: Iterable[int]) -> str:
    return "[" + ", ".join(map(str, numbers)) + "]"


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
