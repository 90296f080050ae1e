"""Budgets: what a tenant, feature, cost centre, model, dimension or all may use in a period, read from CSV."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError
from spanledger_settings.period import Period, of_days
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_sql.store import Store

KIND = "budget"
UNITS = ("usd", "tokens", "kgco2e")
_SCOPES = ("tenant", "feature", "cost_center", "model")
_DEFAULT_THRESHOLDS = (Decimal(80), Decimal(100))


class UnknownBudgetError(AskedWronglyError):
    """There is no budget of that name."""


def _percentages(value: object) -> object:
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value


Percent = Annotated[Decimal, Field(gt=0, le=1000, max_digits=8, decimal_places=4, allow_inf_nan=False)]


class Budget(BaseModel):
    """One budget, as a file names it.

    Attributes:
        budget: Its name.
        whose: `total`, or name=value: a tenant, feature, cost_center, model, or a dimension of one's own.
        amount: What may be used in each period.
        unit: In which unit.
        every: The period.
        timezone: At whose midnights periods begin.
        thresholds: Percent of the amount at which an alarm is raised.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: str = Field(min_length=1, max_length=200)
    whose: str = Field(alias="for")
    amount: Decimal = Field(gt=0, max_digits=26, decimal_places=12, allow_inf_nan=False)
    unit: Literal["usd", "tokens", "kgco2e"] = "usd"
    every: Literal["day", "month", "year"] = "month"
    timezone: str = "UTC"
    thresholds: Annotated[tuple[Percent, ...], BeforeValidator(_percentages)] = _DEFAULT_THRESHOLDS

    @field_validator("unit", "every", mode="before")
    @classmethod
    def _in_any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("there is no such time zone; expected a name such as Europe/Berlin or UTC") from None
        return value

    @field_validator("thresholds")
    @classmethod
    def _ascending(cls, value: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        name, equals, value = self.whose.partition("=")
        if self.whose != "total" and not (name.strip() and equals and value.strip()):
            raise ValueError(
                f"for: {self.whose!r} is nobody; expected total, or whose it is, such as tenant=acme, feature=chat, "
                "cost_center=4711, model=gpt-4o or desk=emea"
            )
        return self

    @property
    def scope(self) -> str:
        """What it is for: `total`, `tenant`, `feature`, `cost_center`, `model` or `dimension`."""
        if self.whose == "total":
            return "total"
        said = self.whose.partition("=")[0].strip()
        return said if said in _SCOPES else "dimension"

    @property
    def dimension(self) -> str:
        """The name of the dimension of one's own; '' where it is for something else."""
        return self.whose.partition("=")[0].strip() if self.scope == "dimension" else ""

    @property
    def name(self) -> str:
        """Whose it is; '' of the total."""
        return self.whose.partition("=")[2].strip()

    def period(self, now: datetime) -> Period:
        """Its period that ``now`` lies in."""
        return period_of(self.every, self.timezone, now.astimezone(ZoneInfo(self.timezone)).date())

    def row(self, source: str) -> dict[str, Any]:
        """The row of the table `budget`."""
        of_tenant = self.scope == "tenant"
        return {
            "budget_id": self.budget,
            "scope": self.scope,
            "dimension": self.dimension,
            "tenant_id": self.name if of_tenant else "",
            "name": "" if of_tenant else self.name,
            "unit": self.unit,
            "amount": self.amount.quantize(Decimal(1).scaleb(-12)),
            "every": self.every,
            "timezone": self.timezone,
            "thresholds": [one.quantize(Decimal(1).scaleb(-4)) for one in self.thresholds],
            "source": source,
            "removed": 0,
        }


def period_of(every: str, timezone: str, day: date) -> Period:
    """The day, calendar month or year that a local day lies in."""
    if every == "day":
        return of_days(day, day, timezone)
    if every == "year":
        return of_days(date(day.year, 1, 1), date(day.year, 12, 31), timezone)
    first = day.replace(day=1)
    return of_days(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), timezone)


def read(path: Path) -> list[Budget]:
    """Read and check a CSV file with the columns budget, for, amount, unit, every, timezone, thresholds.

    Raises:
        ImportFileError: It cannot be read, or a field of it is wrong.
    """
    found = cost_file.entries(Budget, KIND, path, cost_file.records(path, KIND))
    if not found:
        raise ImportFileError(
            f"{path}: holds no budget; expected a line of headers and one for each; nothing was imported"
        )
    return found


def in_force(store: Store) -> list[Budget]:
    """The budgets that are in force, by name."""
    return [
        Budget.model_validate(
            {
                "budget": row["budget"],
                "for": "total" if row["scope"] == "total" else f"{row['dimension'] or row['scope']}={row['whose']}",
                "amount": row["amount"],
                "unit": row["unit"],
                "every": row["every"],
                "timezone": row["timezone"],
                "thresholds": row["thresholds"],
            }
        )
        for row in store.rows(statement("reports/budgets/list"))
    ]


def record(store: Store, budgets: list[Budget], source: str) -> int:
    """Store budgets that are new or differ from the one of their name; gives how many did."""
    known = {one.budget: one for one in in_force(store)}
    changed = [one for one in budgets if known.get(one.budget) != one]
    store.insert("budget", [{**one.row(source), "said_at": datetime.now(UTC)} for one in changed])
    for one in changed:
        done: Literal["changed", "imported"] = "changed" if one.budget in known else "imported"
        remember(store, KIND, one.budget, done, source, one.row(source))
    return len(changed)


def remove(store: Store, name: str) -> None:
    """Take a budget back; its history and its alarms stay.

    Raises:
        UnknownBudgetError: There is none of that name.
    """
    found = store.rows(
        "SELECT * EXCEPT said_at FROM budget FINAL WHERE removed = 0 AND budget_id = {name:String}", name=name
    )
    if not found:
        raise UnknownBudgetError(f"there is no budget {name!r}: see 'spanledger budgets list'")
    store.insert("budget", [{**found[0], "removed": 1, "said_at": datetime.now(UTC)}])
    remember(store, KIND, name, "removed", found[0]["source"], found[0])
