"""The command `reconcile`: what was metered against what was billed, cause by cause."""

from __future__ import annotations

import getpass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from spanledger_cli.output.allocated import allocate_or_say, say_how_it_stands
from spanledger_cli.output.export import Destination, Format
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import configuration, open_store
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_enrich.books.bills import invoice_share, reconciliation
from spanledger_enrich.books.bills.invoice_share import POLICIES
from spanledger_enrich.books.bills.reconciliation import CAUSES, DRIFT, Reconciliation
from spanledger_settings.figures import counted
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanledger_enrich.books.bills.reconciliation import Unreconciled
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

DOES_NOT_HOLD = 3
"""The status of `reconcile` where the open causes come to more than the tolerance: no error has it."""
_DIMENSIONS = Dimensions(
    ("provider", "account", "model", "meter", "tier", "day"),
    default="provider",
    help="Dimensions, with commas between them: provider, account, model, meter, tier, day.",
)


@over_a_period(_DIMENSIONS)
def reconcile(
    context: typer.Context,
    *,
    provider: Annotated[list[str] | None, typer.Option(help="Only this provider's bills. May be repeated.")] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            help="What the open causes may come to, USD; default FOCUS's: the larger of 100 of the currency's smallest "
            "coins and half of one for each root of the bill's lines.",
            show_default=False,
        ),
    ] = None,
    drift: Annotated[
        float,
        typer.Option(help="Share of a quantity up to which a difference is one of counting tokens.", min=0, max=1),
    ] = DRIFT,
    allocate: Annotated[
        str | None,
        typer.Option(
            help="Allocate the difference to tenants, so that they pay the invoice together: 'metered', in proportion "
            "to their cost; 'even'; or 'unattributed', to nobody's line.",
            metavar="POLICY",
            show_default=False,
        ),
    ] = None,
    request: ReportRequest,
) -> None:
    """What was metered against what providers billed (USD): a bridge by cause that sums exactly, and its coverage.

    Ends with status 3 where the causes that a reconciliation must not have come to more than the tolerance: errors end
    with 1 or 2. So it ends where bills cannot be compared, as without an exchange rate: the others are. The books'
    period is of --timezone, the bill's of its own; what lies between them is a cause of its own.

    Try:

        spanledger reconcile --month 2024-10

        spanledger reconcile --month 2024-10 --provider openai --by model,meter,day --output openai.csv

        spanledger reconcile --month 2024-10 --allocate metered
    """
    if allocate is not None and allocate not in POLICIES:
        raise typer.BadParameter(f"{allocate!r}; expected {', '.join(POLICIES)}", param_hint="--allocate")
    asked = reconciliation.whole_days(request.period)
    with open_store(context) as store:
        if allocate is None:
            say_how_it_stands(store, request.period)
        else:
            allocate_or_say(store, configuration(context), request.period)
        done = reconciliation.reconcile(
            store,
            asked,
            providers=provider or (),
            by=[name for name in request.by if name != "provider"],
            tolerance=_amount(tolerance),
            drift=drift,
        )
        lacking = reconciliation.unreconciled(store, asked, providers=provider or ())
        _print(done, lacking, request)
        _tell(store, asked, done, lacking, only=bool(provider))
        if allocate is not None:
            shares = [
                row
                for one in done
                for row in invoice_share.allocate(store, one, allocate, getpass.getuser())  # type: ignore[arg-type]
            ]
            _print_shares(shares, request.output, allocate)
        say_what_is_missing(store, configuration(context))
    if lacking or not all(one.holds for one in done):
        raise typer.Exit(DOES_NOT_HOLD)


def _print(done: Sequence[Reconciliation], lacking: Sequence[Unreconciled], request: ReportRequest) -> None:
    if request.output.chosen is not Format.table:
        print_rows(_rows(done, lacking, request.by), request.output, period=request.period)
        _print_lacking(lacking, stderr=True)
        return
    if request.by == ("provider",):
        bridge = pd.DataFrame({"cause": ["metered", *_seen(done), "billed"]})
        for one in done:
            bridge[one.provider] = [one.total[name] for name in bridge["cause"]]
        bridge["cause"] = bridge["cause"].str.replace("_", " ")
        print_rows(bridge, request.output, title=f"From metered to billed, USD, {request.period}")
    else:
        rows = _rows(done, (), request.by)
        hidden = [name for name in ("coverable", "tolerance", "open", "holds", "not_reconciled") if name in rows]
        print_rows(
            rows,
            request.output,
            title=f"From metered to billed, USD, {request.period}",
            total=[name for name in ("metered", *CAUSES, "billed", "difference", "covered") if name in rows],
            gaps=[*CAUSES, "unpriced_calls"],
            details=hidden,
        )
    for one in done:
        share = one.total["coverage"]
        covered = "no use was billed" if pd.isna(share) else f"{share:.1%} of the billed use is metered"
        word = "holds" if one.holds else "does not hold"
        console().print(
            f"{one.provider}: {covered}; {word}: open causes of {one.open_amount:,.2f} USD, tolerance "
            f"{one.tolerance:,.2f} USD",
            style=None if one.holds else "red",
            soft_wrap=True,
        )
    _print_lacking(lacking)


def _print_lacking(lacking: Sequence[Unreconciled], *, stderr: bool = False) -> None:
    for other in lacking:
        console(stderr=stderr).print(
            f"{other.provider}: not reconciled are {other.billed}: {other.why}", style="red", soft_wrap=True
        )


def _rows(done: Sequence[Reconciliation], lacking: Sequence[Unreconciled], by: Sequence[str]) -> pd.DataFrame:
    """The rows of all, the provider in a column of its own; of whole providers also whether it holds.

    A provider whose bills cannot be compared has a row without figures, which says what they come to.
    """
    frames = []
    for one in done:
        frame = one.rows.copy()
        frame.insert(0, "provider", one.provider)
        if tuple(by) == ("provider",):
            for name, value in (("open", one.open_amount), ("tolerance", one.tolerance), ("holds", one.holds)):
                frame[name] = pd.Series([value] * len(frame), frame.index, dtype=object)
        frames.append(frame)
    rows = pd.concat(frames, ignore_index=True).astype(object)
    rows["not_reconciled"] = ""
    for other in lacking:
        rows.loc[len(rows)] = {"provider": other.provider, "not_reconciled": other.billed}
    if "holds" in rows:
        rows.loc[rows["not_reconciled"] != "", "holds"] = False
    rest = [name for name in rows if name not in _DIMENSIONS.known]
    rows = rows[[*dict.fromkeys(["provider", *by]), *rest]]
    types = dict(done[0].rows.attrs["types"])
    rows.attrs["types"] = {
        **types, "provider": "String", "open": "Decimal(38, 12)", "tolerance": "Decimal(38, 12)", "holds": "Bool",
        "not_reconciled": "String",
    }  # fmt: skip
    return rows


def _seen(done: Sequence[Reconciliation]) -> list[str]:
    return [cause for cause in CAUSES if any(one.total[cause] for one in done)]


def _tell(
    store: Store, asked: Period, done: Sequence[Reconciliation], lacking: Sequence[Unreconciled], *, only: bool
) -> None:
    """What the bridge does not have, on standard error."""
    compared = {one.provider for one in done} | {one.provider for one in lacking}
    notes = [note for one in done for note in _gaps(one)]
    beside = store.rows(statement("reports/bills/beside"), first=str(asked.first_day), last=str(asked.last_day))
    notes += [
        f"{row['provider']}: left out, as they are no calls of models: {counted(row['lines'], 'line')} of "
        f"{row['service']}, {row['amount']:,.2f} {row['currency']}"
        for row in beside
        if row["provider"] in compared
    ]
    across = store.rows(statement("reports/bills/across"), first=str(asked.first_day), last=str(asked.last_day))
    notes += [_across(row, asked) for row in across if row["provider"] in compared]
    if not only:
        notes += [
            f"{provider}: metered {_known_and_not(amount, unknown)}, and there is no bill of it"
            for provider, (amount, unknown) in reconciliation.without_bill(store, asked, (*done, *lacking)).items()
        ]
    for note in notes:
        console(stderr=True).print(note, style="yellow", soft_wrap=True)


def _across(row: dict[str, Any], asked: Period) -> str:
    how = f"counted whole, though also for days after {asked.last_day}"
    if not row["counted"]:
        how = (
            f"left out, though also for days of the period: a charge counts on its first day, before {asked.first_day}"
        )
    charges = counted(row["lines"], "charge")
    return f"{row['provider']}: {charges} of {row['amount']:,.2f} {row['currency']}: {how}"


def _known_and_not(amount: Decimal, unknown_calls: int) -> str:
    told = [f"{amount:,.2f} USD"] if amount or not unknown_calls else []
    return " and ".join([*told, f"{counted(unknown_calls, 'call')} of unknown cost"] if unknown_calls else told)


def _gaps(one: Reconciliation) -> Iterator[str]:
    if one.total["unknown_lines"]:
        yield (
            f"{one.provider}: lines of {one.total['unknown_lines']:,.2f} USD are not understood: see 'spanledger bills "
            "show BILL --unknown'"
        )
    if one.total["unpriced_calls"]:
        calls = counted(int(one.total["unpriced_calls"]), "metered call")
        yield f"{one.provider}: {calls} without a known cost"
    if one.total["unbilled_days"]:
        yield f"{one.provider}: no bill covers some days of the period that have calls: see --by day"


def _print_shares(shares: list[dict[str, object]], output: Destination, policy: str) -> None:
    """The tenants' shares: a second table for people; where the output is one table for programs, where to see them."""
    if output.chosen is Format.table:
        names = ["provider", "tenant_id", "metered", "adjusted", "amount", "currency", "invoiced"]
        print_rows(
            pd.DataFrame(shares)[names].rename(columns={"tenant_id": "tenant"}),
            Format.table,
            title=f"The invoices by tenant, the difference allocated: {policy}",
            total=["metered", "adjusted", "amount", "invoiced"],
        )
        return
    console(stderr=True).print(
        f"allocated to {counted(len({row['tenant_id'] for row in shares}), 'tenant')}: see 'spanledger bills shares'"
    )


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r}; expected an amount in USD, such as 1.50", param_hint="--tolerance")
    return amount
