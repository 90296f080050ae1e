"""The command `report`: any named query of the reports."""

from __future__ import annotations

import importlib.resources
import json
import math
import re
from typing import TYPE_CHECKING, Annotated

import typer

import spanledger_sql
from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.names import refuse_unknown
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.report_request import AS_IT_IS, Dimensions, ReportRequest, over_a_period
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

    from spanledger_settings.period import Period

# What no command of its own shows.
_SUCH_AS = (
    "finance/movers", "finance/waste", "finance/unit_costs", "finance/outcomes", "finance/tag_coverage",
    "finance/owners", "chargeback/beside_trend", "sustainability/hours",
)  # fmt: skip
_PARAMETER = re.compile(r"\{(\w+):([^{}]+)\}")
# In a query's header, what it can be broken down by.
_ANY_OF = re.compile(r"^--   by Array\(String\): any of ([\w,\s-]*)", re.MULTILINE)
_DIMENSIONS = Dimensions((), own=True, default="tenant", none="nothing", help="What the report can be broken down by.")
_NOTHING = {"Array(String)": [], "String": "", "UInt8": 0}
_GRAINS = ("hour", "day", "week", "month")


@over_a_period(_DIMENSIONS)
def report(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help=f"Such as {', '.join(_SUCH_AS)}; 'list' names all.")],
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A parameter of the query, as NAME=VALUE; a list with commas or as JSON. May be repeated."
        ),
    ] = None,
    request: ReportRequest,
) -> None:
    """Run a named query of the reports over a period; 'spanledger docs queries' says what each takes and gives.

    Try:

        spanledger report finance/movers --month 2024-10 --by tenant,model

        spanledger report finance/outcomes --month 2024-10 --by tenant --set good_score=0.8

        spanledger report tag_coverage --month 2024-10 --by service

        spanledger report list
    """
    if name == "list":
        for known in sorted(_names()):
            typer.echo(known)
        return
    name = _known(name)
    text = statement(f"reports/{name}")
    takes = dict(_PARAMETER.findall(text))
    with open_to_read(context, f"reports/{name}", "lookups/progress/allocated_until") as store:
        parameters = _parameters(takes, request.period, _broken_down(name, text, request.by), given or ())
        refuse_unknown(store, "tenant", parameters.get("tenants", ()), "--set tenants")  # type: ignore[arg-type]
        say_how_it_stands(store, request.period)
        frame = store.report_frame(text, parameters)
        print_rows(frame, request.output, period=request.period, title=f"{name}, {request.period}")
        say_what_is_missing(store, configuration(context))


def _broken_down(name: str, text: str, by: tuple[str, ...]) -> tuple[str, ...]:
    """What ``--by`` names; other names than the query's header has are for queries of dimensions of one's own alone.

    Raises:
        AskedWronglyError: The query is not broken down by one of them.
    """
    known = _ANY_OF.search(text)
    names = re.findall(r"\w+", known[1]) if known else []
    unknown = [one for one in by if one not in names]
    if unknown and by != (_DIMENSIONS.default,) and "{custom:" not in text:
        expected = f"expected some of {', '.join(names)}" if names else "it is broken down by nothing"
        raise AskedWronglyError(f"--by {','.join(unknown)}: no dimension of {name}; {expected}")
    return by


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _parameters(takes: dict[str, str], asked: Period, by: Sequence[str], given: Sequence[str]) -> dict[str, object]:
    before = asked.previous
    told: dict[str, object] = {
        **asked.bounds,
        "before_from": before.bounds["from"],
        "before_to": before.bounds["to"],
        "first": str(asked.first_day),
        "last": str(asked.last_day),
        "timezone": asked.timezone,
        "moment": AS_IT_IS,
        "grain": "day",
        "by": list(by),
        "rows": 1_000_000,
    }
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or name not in takes:
            raise AskedWronglyError(f"--set {pair!r}: expected NAME=VALUE, NAME one of {', '.join(sorted(takes))}")
        if name == "grain" and value not in _GRAINS:
            raise AskedWronglyError(f"--set {pair!r}: expected one of {', '.join(_GRAINS)}")
        if name == "good_score" and value and not _is_number(value):
            raise AskedWronglyError(f"--set {pair!r}: expected a number, such as 0.8")
        told[name] = _listed(pair, value) if takes[name].startswith("Array") else value
    lacking = sorted(name for name, kind in takes.items() if name not in told and kind not in _NOTHING)
    if lacking:
        raise AskedWronglyError(f"expected --set {lacking[0]}=..., {takes[lacking[0]]}")
    return {name: told.get(name, _NOTHING.get(kind)) for name, kind in takes.items()}


def _listed(pair: str, value: str) -> list[str | int | float]:
    """The items of a list: with commas between them, or, where they may hold commas, as JSON."""
    if not value.startswith("["):
        return list(value.split(","))
    try:
        items = json.loads(value)
    except ValueError:
        items = None
    if not isinstance(items, list) or not all(isinstance(item, (str, int, float)) for item in items):
        raise AskedWronglyError(f'--set {pair!r}: expected a list of texts or numbers as JSON, such as ["a", "b"]')
    return items


def _known(name: str) -> str:
    names = set(_names())
    # What has its name alone needs no subject before it.
    alike = [one for one in names if one.endswith(f"/{name}")]
    if len(alike) == 1:
        return alike[0]
    if name not in names:
        raise AskedWronglyError(f"there is no report {name!r}: see 'spanledger report list'")
    return name


def _names() -> Iterator[str]:
    yield from _below(importlib.resources.files(spanledger_sql) / "reports", "")


def _below(folder: Traversable, path: str) -> Iterator[str]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _below(one, f"{path}{one.name}/")
        elif one.name.endswith(".sql"):
            yield f"{path}{one.name.removesuffix('.sql')}"
