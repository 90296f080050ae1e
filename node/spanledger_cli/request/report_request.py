"""The options that every report over a period takes, as one thing: which period, by what, and how to print it."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.request.options import Begin, End, Month, Output, OutputFile, Timezone
from spanledger_settings.period import Period, period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AS_IT_IS = "2261-01-01 00:00:00"
"""As the reports' parameter ``moment``: the ledger as it is."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What a report can be broken down by.

    Attributes:
        known: Their names.
        default: What ``--by`` is by default.
        none: What ``--by`` may also say: nothing of them.
        help: Of the option ``--by``.
        own: Whether others may be named, too: those that users made. The report refuses one that no call has.
    """

    known: tuple[str, ...]
    default: str = "tenant"
    none: str | None = None
    help: str = "Dimensions, with commas between them."
    own: bool = False

    def read(self, by: str) -> tuple[str, ...]:
        """The dimensions that ``--by`` names.

        Raises:
            typer.BadParameter: It names none, or one that the report does not know.
        """
        if by == self.none:
            return ()
        asked = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
        unknown = [name for name in asked if name not in self.known and not self.own]
        if unknown or not asked:
            raise typer.BadParameter(
                f"{', '.join(unknown) or 'nothing'} is no dimension; expected some of {', '.join(self.known)}",
                param_hint="--by",
            )
        return tuple(asked)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a user asks of a report.

    Attributes:
        period: The calls of which moments; its time zone is that of days and months.
        by: The dimensions, in the order asked for.
        output: Where rows go, and how they are written.
    """

    period: Period
    by: tuple[str, ...] = ()
    output: Destination = field(default_factory=Destination)


def over_a_period(
    dimensions: Dimensions | None = None, *, output: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options --month, --from, --to and --timezone where its parameter ``request`` stands.

    Args:
        dimensions: Of the option ``--by``; None: the report has no such option.
        output: Whether there are options ``--format`` and ``--output``, too.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def asked(**given: Any) -> None:
            by = dimensions.read(given.pop("by")) if dimensions is not None else ()
            times = period(*(given.pop(name) for name in ("month", "begin", "end", "timezone")))
            shown = Destination(given.pop("output"), given.pop("file")) if output else Destination()
            command(request=ReportRequest(times, by, shown), **given)

        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)]
            parameters += _options(dimensions, output=output) if parameter.name == "request" else own
        asked.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        asked.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return asked

    return decorate


def _options(dimensions: Dimensions | None, *, output: bool) -> Sequence[inspect.Parameter]:
    options: list[tuple[str, Any, Any]] = [
        ("month", Month, None),
        ("begin", Begin, None),
        ("end", End, None),
        ("timezone", Timezone, "UTC"),
    ]
    if dimensions is not None:
        options.append(("by", Annotated[str, typer.Option(help=dimensions.help)], dimensions.default))
    if output:
        options += [("output", Output, None), ("file", OutputFile, None)]
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in options
    ]
