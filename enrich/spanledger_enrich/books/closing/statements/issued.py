"""Statements as they are handed over, byte for byte the same each time; and whether a file is one of them."""

from __future__ import annotations

import csv
import difflib
import importlib.resources
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import ClosingError, canonical, digest
from spanledger_enrich.books.closing.statements import statement as statements
from spanledger_enrich.books.closing.statements.differences import differences, text_of
from spanledger_settings.cell import cell
from spanledger_settings.figures import counted, emissions
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanledger_sql.store import Store

Form = Literal["json", "csv", "html", "pdf"]
FORMS: Final[tuple[Form, ...]] = ("json", "csv", "html", "pdf")
_NAME: Final = re.compile(r"\d{4}-\d{2}/[0-9a-f]{16}/\d{1,9}(?!\d)")
# Of how many tenants an error tells that they have a statement.
_NAMED: Final = 10
_NOT_ROUNDED: Final = 12
_HEAD: Final = ("statement", "status", "hash", "tenant", "month", "timezone", "currency", "billing_currency")


class UnknownStatementError(ClosingError, AskedWronglyError):
    """There is no statement of that month, tenant and revision."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A statement that can be handed over.

    Attributes:
        document: As it is hashed.
        tenant: The name, which the document does not have, so that it can be forgotten.
    """

    document: str
    tenant: str

    @property
    def hash(self) -> str:
        """SHA-256 of the document, in hex."""
        return digest(self.document)

    @property
    def said(self) -> dict[str, Any]:
        """What the document says."""
        found: dict[str, Any] = json.loads(self.document)
        return found

    @property
    def is_priced(self) -> bool:
        """Whether what is to pay is another than what it costs: by a plan, of this month or of one that is adjusted."""
        said = self.said
        return bool(said["billing"]["plan"]) or any(line["billed"] != line["cost"] for line in said["lines"])

    def as_bytes(self, form: Form) -> bytes:
        """The statement in a form.

        Raises:
            ClosingError: It is PDF, and the extra that writes that is not installed.
        """
        match form:
            case "json":
                return self._json().encode() + b"\n"
            case "csv":
                return self._csv().encode()
            case "html":
                return self._html().encode()
            case "pdf":
                return self._pdf()

    def _json(self) -> str:
        return canonical({"statement": self.said, "tenant": self.tenant, "hash": self.hash})

    def _csv(self) -> str:
        said, stream = self.said, io.StringIO()
        names = ("line", *statements.DIMENSIONS, *statements.COUNTS, *statements.AMOUNTS, "billed")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_HEAD, *names])
        billed_in = said["billing"]["currency"]
        head = {**said, "hash": self.hash, "tenant": self.tenant, "billing_currency": billed_in}
        for line in said["lines"]:
            writer.writerow(
                [cell(value) for value in (*(head[name] for name in _HEAD), *(line[name] for name in names))]
            )
        return stream.getvalue()

    def _html(self) -> str:
        import jinja2  # noqa: PLC0415  (only statements need it)

        page = importlib.resources.files(__package__) / f"statement_{self.said['layout']}.html"
        environment = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters.update(decimal=Decimal, usd=_usd, co2e=_co2e, many=_many, calls=_calls, moment=_moment)
        # The document stands in the page: a name in it must not end the element that it stands in.
        embedded = self._json().replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
        return environment.from_string(page.read_text(encoding="utf-8")).render(
            said=self.said, tenant=self.tenant, hash=self.hash, embedded=embedded, is_priced=self.is_priced
        )

    def _pdf(self) -> bytes:
        try:
            import weasyprint  # noqa: PLC0415  (an extra)
        except (ImportError, OSError) as error:
            raise ClosingError(
                f"PDF needs the extra 'spanledger[pdf]' and Pango ({error}); the HTML prints the same"
            ) from None
        closed = self.said["closed_at"]
        made = datetime.fromisoformat(closed) if closed else datetime.fromisoformat(self.said["ends"])
        attached = weasyprint.Attachment(
            string=self._json(), name="statement.json", description="the statement", created=made, modified=made,
            relationship="Data",
        )  # fmt: skip
        document = weasyprint.HTML(string=self._html()).render(pdf_variant="pdf/a-3b")
        document.metadata.attachments = [attached]
        document.metadata.created = document.metadata.modified = f"{made:%Y-%m-%dT%H:%M:%SZ}"
        written: bytes = document.write_pdf(pdf_identifier=self.hash.encode(), pdf_variant="pdf/a-3b")
        return written


@dataclass(frozen=True, slots=True)
class FileProof:
    """What a file is by the books.

    Attributes:
        faults: A sentence on each thing that is not as it was issued; none: it is a statement.
        title: Of a statement: of whom, which month and revision, and whether a later one replaced it.
        statement: Its name.
    """

    faults: tuple[str, ...]
    title: str = ""
    statement: str = ""


def issued(store: Store, month: str, tenant: str, revision: int | None = None, known: datetime | None = None) -> Issued:
    """A tenant's statement of a closed month.

    Args:
        store: The database.
        month: The month.
        tenant: The tenant.
        revision: Which of several closes of the month; None: the last.
        known: As it was known then: the last close up to that moment.

    Raises:
        UnknownStatementError: There is none.
        PeriodError: It is no month.
    """
    months.of(month, "UTC")
    rows = store.rows(statement("closing/statements/issued"), month=month, tenant=tenant)
    if known is not None:
        rows = [row for row in rows if row["closed_at"] <= known]
    found = [row for row in rows if revision in (None, row["revision"])]
    if not found:
        have = _some([row["tenant"] for row in store.rows(statement("closing/statements/stated"), month=month)], tenant)
        raise UnknownStatementError(
            f"there is no statement of {month} for {tenant!r}"
            + (f" and revision {revision}" if revision is not None and rows else "")
            + (" that was known then" if known is not None else "")
            + (f"; there are some for {have}" if have else f"; {month} is not closed: --draft shows how it stands")
        )
    return Issued(found[-1]["document"], tenant)


def _some(names: Sequence[str], asked: str) -> str:
    """Of many names those that come nearest to what was asked for, else the first."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    near = difflib.get_close_matches(asked, names, 3) or names[:_NAMED]
    return f"{', '.join(near)} and {len(names) - len(near):,} more"


def prove(store: Store, path: Path) -> FileProof:
    """Whether a file is a statement of the books.

    Raises:
        ClosingError: The file cannot be read, or is of no form that statements have.
    """
    form, found = _read(path)
    of = _of(store, form, found)
    if of is None:
        return FileProof((f"{path}: names no statement that these books issued",))
    if of.as_bytes(form) == found:
        return FileProof((), _title(store, of), of.said["statement"])
    faults = [f"{path}: is not, byte for byte, the statement {of.said['statement']} as it was issued"]
    if form != "pdf":
        faults += differences(of.as_bytes(form), found, form)
    return FileProof(tuple(faults))


def _title(store: Store, of: Issued) -> str:
    revision, last = of.said["revision"], issued(store, of.said["month"], of.tenant).said["revision"]
    replaced = f"; revision {last} replaced it" if last != revision else ""
    return f"{of.said['month']} of {of.tenant}, revision {revision}{replaced}"


def _read(path: Path) -> tuple[Form, bytes]:
    form = next((one for one in FORMS if path.suffix.lower() == f".{one}"), None)
    if form is None:
        raise ClosingError(f"{path}: expected a statement that ends in {', '.join(f'.{one}' for one in FORMS)}")
    try:
        return form, path.read_bytes()
    except OSError as error:
        raise ClosingError(f"{path}: {error.strerror or error}") from None


def _of(store: Store, form: Form, found: bytes) -> Issued | None:
    return _of_pdf(store, found) if form == "pdf" else _of_text(store, found)


def _of_text(store: Store, found: bytes) -> Issued | None:
    for name in dict.fromkeys(_NAME.findall(text_of(found))):
        month, party, revision = name.split("/")
        for row in store.rows(
            statement("closing/statements/one_statement"), month=month, party=party, revision=int(revision)
        ):
            return Issued(row["document"], row["tenant"])
    return None


def _of_pdf(store: Store, found: bytes) -> Issued | None:
    # Its identifier is the statement's hash.
    for row in store.rows(statement("closing/statements/every_statement")):
        if row["hash"].encode() in found or row["hash"].encode().hex().encode() in found.lower():
            return Issued(row["document"], row["tenant"])
    return None


def _usd(amount: str | Decimal, decimals: int = 2) -> str:
    # What is not rounded is shown to the cent.
    return f"{Decimal(amount):,.{2 if decimals == _NOT_ROUNDED else decimals}f}"


def _co2e(amount: str, grams: int = 1) -> str:
    return f"{emissions(Decimal(amount) * grams)}CO2e"


def _calls(number: int) -> str:
    return counted(number, "call")


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _many(number: int) -> str:
    return f"{number:,}"
