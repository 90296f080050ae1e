"""Commitments: shared costs of a period (reserved throughput, leased hardware, flat fees), read from CSV or YAML."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_sql.store import Store

KIND = "commitment"
_MILLIONTHS = Decimal(1_000_000)
_LAST_DIGIT = Decimal(1).scaleb(-12)


class UnknownCommitmentError(AskedWronglyError):
    """There is no commitment of that name."""


def _names(value: object) -> object:
    return [name.strip() for name in value.split(";") if name.strip()] if isinstance(value, str) else value


def _shares(value: object) -> object:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(";") if part.strip()]
        return {tenant.strip(): share.strip() for tenant, _, share in pairs}
    return value


def _moment(value: object) -> object:
    # YAML reads dates itself.
    text = value.isoformat() if hasattr(value, "isoformat") else value
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError("expected a date or time, such as 2024-10-01 or 2024-10-01T06:00+02:00") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def refuse_shares(shares: dict[str, Decimal]) -> None:
    """Refuse shares of an amount that are no shares of it.

    Raises:
        ValueError: They do not sum to 1, or cannot be stored.
    """
    if shares and (sum(shares.values()) != 1 or min(shares.values()) < 0):
        raise ValueError(f"shares: expected to sum to 1, but they sum to {sum(shares.values())}")
    if any(share * _MILLIONTHS % 1 for share in shares.values()):
        raise ValueError("shares: expected at most six decimals")


Names = Annotated[list[str], BeforeValidator(_names)]
# As calls have them: names that differ by case alone are one machine's.
Hosts = Annotated[Names, AfterValidator(lambda names: [name.lower() for name in names])]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Shares = Annotated[dict[str, Decimal], BeforeValidator(_shares)]


class Commitment(BaseModel):
    """One commitment, as a file names it: the amount in its currency, times in UTC where they have no offset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    commitment: str = Field(min_length=1)
    kind: Literal["reserved throughput", "hardware", "fee", "seats"]
    amount: Decimal = Field(ge=0, max_digits=26, decimal_places=12, allow_inf_nan=False)
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    begins: Moment = Field(alias="from")
    ends: Moment = Field(alias="to")
    providers: Names = []
    accounts: Names = []
    models: Names = []
    hosts: Hosts = []
    tenants: Names = []
    agents: Names = []
    users: Names = []
    seats: int = Field(default=0, ge=0, le=10_000_000)
    allowance: Decimal = Field(default=Decimal(0), ge=0, max_digits=26, decimal_places=12, allow_inf_nan=False)
    policy: Literal["tokens", "duration", "weighted_tokens", "even", "fixed"] = "tokens"
    output_weight: Decimal = Field(default=Decimal(1), gt=0, le=10_000, decimal_places=4)
    capacity: Decimal = Field(default=Decimal(0), ge=0, le=Decimal(10) ** 15, decimal_places=4)
    shares: Shares = {}
    idle: Literal["own_line", "shared", "owner"] = "own_line"
    idle_owner: str = ""
    covers_usage: bool | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, moment in (("from", self.begins), ("to", self.ends)):
            if moment != moment.replace(minute=0, second=0, microsecond=0):
                raise ValueError(f"{name}: expected a full hour")
        if self.ends <= self.begins:
            raise ValueError("to: expected a time after from")
        if self.ends - self.begins > timedelta(days=3660):
            raise ValueError("to: expected a period of at most ten years")
        if (self.policy == "fixed") != bool(self.shares):
            raise ValueError("shares: expected for the policy 'fixed', and for no other, such as acme=0.6;globex=0.4")
        refuse_shares(self.shares)
        if (self.kind == "seats") != bool(self.seats):
            raise ValueError("seats: expected how many are paid, of the kind 'seats' and of no other")
        if self.seats and (self.policy in {"duration", "fixed"} or self.capacity or self.idle == "shared"):
            raise ValueError(
                "seats: expected the policy 'tokens', 'weighted_tokens' or 'even', no capacity, and idle seats on a "
                "line of their own or an owner's"
            )
        if self.allowance and not self.seats:
            raise ValueError(
                "allowance: expected of the kind 'seats' alone, as what a seat's calls may cost in a month"
            )
        if (self.idle == "owner") != bool(self.idle_owner):
            raise ValueError("idle_owner: expected the tenant who pays where idle is 'owner', and only there")
        if self.policy == "weighted_tokens" and "output_weight" not in self.model_fields_set:
            raise ValueError("output_weight: expected how many input tokens an output token weighs, such as 4")
        if (
            self.covers
            and self.policy != "fixed"
            and not (self.providers or self.accounts or self.models or self.hosts or self.agents or self.users)
        ):
            raise ValueError(
                "providers, accounts, models, hosts, agents or users: expected at least one; "
                "otherwise every call would count as paid"
            )
        return self

    @property
    def covers(self) -> bool:
        """Whether the covered calls are paid with it: by default with anything but a fee."""
        return self.kind != "fee" if self.covers_usage is None else self.covers_usage

    def row(self, source: str, exchange_rate: Decimal) -> dict[str, Any]:
        """The row of the table `commitment`, with the amount in USD; exchange_rate: of its currency's unit, in USD."""
        given = self.model_dump(exclude={"commitment", "amount", "shares", "covers_usage"})
        with localcontext() as context:
            context.prec = 60
            amount = (self.amount * exchange_rate).quantize(_LAST_DIGIT, ROUND_HALF_UP)
            allowance = (self.allowance * exchange_rate).quantize(_LAST_DIGIT, ROUND_HALF_UP)
            written = self.amount.quantize(_LAST_DIGIT)
        return {
            **given,
            "commitment_id": self.commitment,
            "amount": amount,
            "allowance": allowance,
            "given_amount": written,
            "exchange_rate": exchange_rate,
            "share_tenants": list(self.shares),
            "shares": [int(share * _MILLIONTHS) for share in self.shares.values()],
            "covers_usage": int(self.covers),
            "source": source,
        }


def read(path: Path) -> list[Commitment]:
    """Read and check a file: CSV with a line of headers (lists with ';' between names), or YAML, a list of mappings.

    Raises:
        ImportFileError: It cannot be read, or a field of it is wrong.
    """
    commitments = cost_file.entries(Commitment, KIND, path, cost_file.records(path, KIND))
    if not commitments:
        raise ImportFileError(f"{path}: holds no commitment")
    return commitments


def in_usd(store: Store, commitments: list[Commitment], source: str) -> list[dict[str, Any]]:
    """The rows of commitments, their amounts at the exchange rate in force on the first day of each.

    Raises:
        ImportFileError: There is no rate for that day, or it makes the amount too large.
    """
    return cost_file.in_usd(store, KIND, commitments, source)


def record(store: Store, commitments: list[Commitment], source: str) -> int:
    """Store commitments that are new or differ from the stored one of their name; gives how many did.

    Raises:
        ImportFileError: See `in_usd`.
    """
    known = {
        row["commitment_id"]: row for row in store.rows("SELECT * EXCEPT (imported_at, source) FROM commitment FINAL")
    }
    changed = [
        row
        for row in in_usd(store, commitments, source)
        if {name: value for name, value in row.items() if name != "source"} != known.get(row["commitment_id"])
    ]
    store.insert("commitment", changed)
    for row in changed:
        name = row["commitment_id"]
        remember(store, KIND, name, "changed" if name in known else "imported", source, row)
    return len(changed)


def covered(store: Store, one: Commitment) -> dict[str, Any]:
    """How many calls a commitment would cover, as the report `commitments/would_cover` has it."""
    names = {
        name: getattr(one, name) for name in ("providers", "accounts", "models", "hosts", "tenants", "agents", "users")
    }
    rows = store.rows(statement("reports/commitments/would_cover"), **names, begins=one.begins, ends=one.ends)
    return rows[0]


def remove(store: Store, name: str) -> None:
    """Take a commitment and its allocation back.

    Raises:
        UnknownCommitmentError: There is none of that name.
    """
    found = store.rows("SELECT * EXCEPT imported_at FROM commitment FINAL WHERE commitment_id = {id:String}", id=name)
    if not found:
        raise UnknownCommitmentError(f"there is no commitment {name!r}: see 'spanledger commitments list'")
    for table in ("commitment", "allocation", "allocation_row"):
        store.execute(f"DELETE FROM {table} WHERE commitment_id = {{id:String}}", {"id": name})  # noqa: S608
    remember(store, KIND, name, "removed", found[0]["source"], found[0])
