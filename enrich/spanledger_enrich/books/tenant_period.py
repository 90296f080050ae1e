"""What tenants belong to: their cost centre and owner, each from a day on, read from CSV or YAML."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanledger_sql.store import Store

KIND: Final = "tenant"
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN: Final = datetime(2261, 1, 1, tzinfo=UTC)
_STORED: Final = ("tenant_id", "valid_from", "valid_to", "cost_center", "owner", "name")


class UnknownTenantError(AskedWronglyError):
    """Nothing was said of a tenant of that name."""


def _day(value: object) -> object:
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("expected a day, such as 2024-10-15") from None


Day = Annotated[date, BeforeValidator(_day), Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]


class TenantPeriod(BaseModel):
    """What a tenant belongs to for a time, as a file names it.

    Attributes:
        tenant: The tenant.
        valid_from: The first local day; None: always before.
        valid_to: The first local day on which it does not hold; None: until the next entry of the tenant.
        cost_center: Of calls that say none themselves, and of charges.
        owner: Who answers for the tenant.
        name: What the tenant is called.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: str = Field(min_length=1)
    valid_from: Day | None = None
    valid_to: Day | None = None
    cost_center: str = ""
    owner: str = ""
    name: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.valid_to is not None and self.valid_from is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to: expected a day after valid_from: the first on which it does not hold")
        if self.tenant.startswith("("):
            raise ValueError("tenant: expected a tenant, not what reports call what is nobody's")
        return self

    def row(self, source: str, zone: ZoneInfo) -> dict[str, Any]:
        """The row of the table `tenant_period`; days begin at the zone's midnights."""
        return {
            "tenant_id": self.tenant,
            "valid_from": ALWAYS if self.valid_from is None else midnight(self.valid_from, zone),
            "valid_to": _OPEN if self.valid_to is None else midnight(self.valid_to, zone),
            "cost_center": self.cost_center,
            "owner": self.owner,
            "name": self.name,
            "source": source,
            "removed": 0,
        }


def zone_named(name: str) -> ZoneInfo:
    """The time zone of a name.

    Raises:
        AskedWronglyError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise AskedWronglyError(f"--timezone {name!r} is unknown; expected a name such as Europe/Berlin") from None


def read(path: Path, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Read and check a file: CSV with a line of headers, or YAML, a list of mappings; gives rows of `tenant_period`.

    Raises:
        ImportFileError: It cannot be read, a field of it is wrong, or two entries of a tenant hold at once.
    """
    found: dict[tuple[str, datetime], dict[str, Any]] = {}
    for where, fields in cost_file.records(path, KIND):
        try:
            row = TenantPeriod.model_validate(fields).row(path.name, zone)
        except ValidationError as error:
            raise ImportFileError(f"{path}:{where}: {cost_file.told(error)}; nothing was imported") from None
        key = (row["tenant_id"], row["valid_from"])
        if key in found:
            raise ImportFileError(
                f"{path}:{where}: valid_from: {row['tenant_id']!r} has an entry of that day; nothing was imported"
            )
        found[key] = row
    if not found:
        raise ImportFileError(f"{path}: holds no tenant")
    return list(found.values())


def refuse(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    """Refuse entries that end after the next one of their tenant begins, those that are there already included.

    Raises:
        ImportFileError: One does.
    """
    held = {(row["tenant_id"], row["valid_from"]): row for row in [*in_force(store), *rows]}
    for row in held.values():
        following = [begins for tenant, begins in held if tenant == row["tenant_id"] and begins > row["valid_from"]]
        if row["valid_to"] != _OPEN and following and min(following) < row["valid_to"]:
            raise ImportFileError(
                f"{row['source']}: tenant {row['tenant_id']!r}: valid_to: {row['valid_to']:%Y-%m-%d %H:%M} UTC is "
                f"after the next entry begins, {min(following):%Y-%m-%d %H:%M} UTC; nothing was imported"
            )


def record(store: Store, rows: Sequence[dict[str, Any]]) -> int:
    """Store entries that are new or differ from the one of their tenant and day; gives how many did."""
    known = {(row["tenant_id"], row["valid_from"]): row for row in in_force(store)}
    changed = []
    for row in rows:
        before = known.get((row["tenant_id"], row["valid_from"]))
        if before is None or any(row[name] != before[name] for name in _STORED):
            changed.append(row)
            remember(store, KIND, row["tenant_id"], "changed" if before else "imported", row["source"], row)
    store.insert("tenant_period", [{**row, "said_at": datetime.now(UTC)} for row in changed])
    return len(changed)


def beside_months(store: Store, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The time zones of tenants whose days among ``rows`` begin at other midnights than their months in the books."""
    days = {(row["tenant_id"], moment) for row in rows for moment in (row["valid_from"], row["valid_to"])}
    return {
        tenant: zone
        for tenant, zone in _zones_of_books(store, sorted({tenant for tenant, _ in days})).items()
        for named, moment in days
        if named == tenant and moment not in (ALWAYS, _OPEN) and moment.astimezone(ZoneInfo(zone)).time() != time()
    }


def _zones_of_books(store: Store, tenants: list[str]) -> dict[str, str]:
    found = store.rows(
        "SELECT tenant_id, timezone FROM book_party WHERE tenant_id IN {tenants:Array(String)} ORDER BY tenant_id",
        tenants=tenants,
    )
    return {row["tenant_id"]: row["timezone"] for row in found}


def remove(store: Store, tenant: str, begins: datetime | None) -> int:
    """Take the entries of a tenant back, or the one that begins then; gives how many.

    Raises:
        UnknownTenantError: There is none.
    """
    found = [row for row in in_force(store) if row["tenant_id"] == tenant and begins in (None, row["valid_from"])]
    if not found:
        raise UnknownTenantError(f"nothing is said of {tenant!r}: see 'spanledger tenants list'")
    store.insert("tenant_period", [{**row, "removed": 1, "said_at": datetime.now(UTC)} for row in found])
    for row in found:
        remember(store, KIND, tenant, "removed", row["source"], row)
    return len(found)


def in_force(store: Store) -> list[dict[str, Any]]:
    """The rows of `tenant_period` that are in force."""
    return store.rows(
        f"SELECT {', '.join(_STORED)}, source FROM tenant_period FINAL WHERE NOT removed ORDER BY tenant_id, valid_from"  # noqa: S608
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
