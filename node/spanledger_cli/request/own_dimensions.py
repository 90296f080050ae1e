"""Dimensions of one's own, as apps say them by `attribution(desk="emea")`: in `--by` and `--where` of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from spanledger_cli.request.names import names_of, refuse_unknown
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_cli.request.report_request import Dimensions
    from spanledger_sql.store import Store

Where = Annotated[
    list[str] | None,
    typer.Option(help="Only calls with this value of a dimension of your own: desk=emea. May be repeated."),
]


@dataclass(frozen=True, slots=True)
class OwnDimensions:
    """What a report is asked for of them.

    Attributes:
        by: Those that it is broken down by, in the order asked for.
        where: Only calls that have these values.
    """

    by: tuple[str, ...]
    where: dict[str, str]

    @property
    def parameters(self) -> dict[str, Any]:
        """The reports' parameters ``custom``, ``where_names`` and ``where_values``."""
        return {
            "custom": list(self.by),
            "where_names": list(self.where),
            "where_values": list(self.where.values()),
        }

    def told(self, tenants: Sequence[str] = ()) -> str:
        """Which calls a report was narrowed to, in words; "" for all."""
        kinds = [" or ".join(tenants), *(f"{name}={value}" for name, value in self.where.items())]
        return " and ".join(kind for kind in kinds if kind)

    def as_columns(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with a column for each of them, in place of the report's column ``custom``.

        Raises:
            AskedWronglyError: The report has a column of that name.
        """
        rows = frame.drop(columns="custom")
        for number, name in enumerate(self.by):
            if name in rows:
                raise AskedWronglyError(
                    f"--by {name!r}: the report has a column of that name; 'spanledger sql' can tell them apart"
                )
            rows[name] = pd.array([row[number] for row in frame["custom"]], dtype="string")
        rows.attrs["types"] = {**frame.attrs["types"], **dict.fromkeys(self.by, "String")}
        return rows


def own_dimensions(store: Store, known: Dimensions, by: Sequence[str], where: Sequence[str] | None) -> OwnDimensions:
    """Those that ``--by`` and ``--where`` name.

    Raises:
        UnknownNameError: No call has one.
        typer.BadParameter: A condition is no ``name=value``.
    """
    conditions = dict(_condition(store, text) for text in where or ())
    own = tuple(name for name in by if name not in known.known)
    refuse_unknown(store, "dimension", own, "--by", also=known.known)
    refuse_unknown(store, "dimension", conditions, "--where")
    return OwnDimensions(own, conditions)


def _condition(store: Store, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise typer.BadParameter(
            f"{text!r}; expected a dimension and its value, such as desk=emea", param_hint="--where"
        )
    if "=" in value:
        # A name may have one, too.
        name = min((one for one in names_of(store, "dimension") if text.startswith(f"{one}=")), key=len, default=name)
        value = text[len(name) + 1 :]
    return name.strip(), value.strip()
