"""Commands on price books: the list, contracts, exchange rates, and what models mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.confirmation import Yes, confirm
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Output, OutputFile, configuration, open_store
from spanledger_enrich.books.plans import issued_rate
from spanledger_enrich.ledger.resolution import resolve_again
from spanledger_enrich.prices import catalogue_names, model_alias, price_book, price_catalogue, price_list
from spanledger_enrich.prices.price_file import read_book, read_rates
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from spanledger_sql.store import Store

prices = typer.Typer(
    help="Price books: the list, contracts, exchange rates, and what models mean.", no_args_is_help=True
)

Book = Annotated[
    Path,
    typer.Argument(
        help="A book as CSV or YAML; 'spanledger docs prices' says how it is written.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]


@prices.command("sync")
def prices_sync(
    context: typer.Context,
    installed: Annotated[
        bool, typer.Option("--installed", help="Take the catalogue of the installed genai-prices; fetch nothing.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(help="Where to fetch the catalogue from, such as a mirror; default: where its makers have it."),
    ] = None,
) -> None:
    """Fetch the newest list prices from genai-prices, keep them with their version, and put them in force.

    Try:

        spanledger prices sync

        spanledger prices sync --installed
    """
    with open_store(context, makes_one=True) as store:
        price_list.load(store)
        if installed:
            price_catalogue.use_installed(store)
        else:
            price_catalogue.fetch(store, url or price_catalogue.UPDATE_URL)
        changed = price_list.load(store)
        console().print(
            f"{price_catalogue.active()}: {counted(changed, 'price entry', 'price entries')} new or changed"
        )
        price_book.follow_the_list(store)
        _resolve_again(store)


@prices.command("list")
def prices_list(
    context: typer.Context,
    match: Annotated[str, typer.Argument(help="Part of a book's, provider's or model's name.")] = "",
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Prices in the price books, USD per million tokens.

    Try:

        spanledger prices list gpt-4o
    """
    with open_store(context) as store:
        print_rows(
            store.frame("reports/prices/entries", match=match),
            Destination(output, file),
            title="Prices, USD per million tokens",
        )


@prices.command("missing")
def prices_missing(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """Models without a price, how much they were used, and the nearest names that have one.

    Try:

        spanledger prices missing
    """
    with open_store(context) as store:
        price_catalogue.activate(store)
        frame = store.frame("reports/prices/missing")
        say_what_is_missing(store, configuration(context))
    names = zip(frame["model"], frame["provider"], strict=True)
    frame["nearest"] = [", ".join(catalogue_names.nearest(model, provider)) for model, provider in names]
    print_rows(frame, Destination(output, file), title="Models without a price: their calls have an unknown cost")


@prices.command("import")
def prices_import(
    context: typer.Context,
    file: Book,
    book: Annotated[str, typer.Option(help="The book's name. Default: what the file says, or the file's name.")] = "",
    tenant: Annotated[str, typer.Option(help="Whose calls the book applies to.")] = "",
    account: Annotated[str, typer.Option(help="The account at the provider whose calls it applies to.")] = "",
    environment: Annotated[str, typer.Option(help="The deployment environment whose calls it applies to.")] = "",
    yes: Yes = False,
) -> None:
    """Load a contract book in place of the one of its name: fixed prices, discounts, committed tiers.

    Without tenant, account or environment, here or in the file, it applies to everybody's calls. The same file for
    another tenant is another book. What no call and no list knows is asked about first, and so are surcharges.

    Try:

        spanledger prices import contract.csv --account sub-4711
    """
    with open_store(context, makes_one=True) as store:
        price_list.load(store)
        said, whose = read_book(file), {"tenant": tenant, "account": account, "environment": environment}
        confirm(price_book.doubts(store, said, **whose), yes=yes)
        issued_rate.refuse_other_rates(store, price_book.rates_with(store, said.rates))
        done = price_book.import_book(store, said, book=book, **whose)
        if not done.changed:
            console().print(f"{done.book}: nothing has changed")
            return
        console().print(f"{done.book}: {counted(done.lines, 'line')}, prices of {counted(done.models, 'model')}")
        _resolve_again(store)
        _say_how_to_restate()


@prices.command("books")
def prices_books(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The contract books, whose calls they apply to, and since when each is as it is.

    Try:

        spanledger prices books
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/prices/books"), Destination(output, file), title="Contract books")


@prices.command("history")
def prices_history(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """What was said of contract books, and taken back, the newest first.

    Try:

        spanledger prices history --output books.csv
    """
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=price_book.KIND)
        print_rows(frame, Destination(output, file), title="History of contract books")


@prices.command("remove")
def prices_remove(context: typer.Context, book: Annotated[str, typer.Argument(help="The book's name.")]) -> None:
    """Let a contract book apply no more; what the ledger has stays as it is until it is restated.

    Try:

        spanledger prices remove acme-2025
    """
    with open_store(context) as store:
        price_book.remove_book(store, book)
    console().print(f"{book}: removed")
    _say_how_to_restate()


@prices.command("rates")
def prices_rates(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Rates as CSV with currency, valid_from, usd. Default: list them.")
    ] = None,
    output: Output = None,
    written: OutputFile = None,
) -> None:
    """Load dated exchange rates, and make the contract books' prices at them; without a file, list them.

    Try:

        spanledger prices rates rates.csv
    """
    with open_store(context, makes_one=file is not None) as store:
        if file is None:
            print_rows(
                store.frame("reports/prices/exchange_rates"),
                Destination(output, written),
                title="Exchange rates, USD for one unit",
            )
            return
        rates = read_rates(file)
        issued_rate.refuse_other_rates(store, price_book.rates_with(store, rates))
        console().print(f"{counted(price_book.import_rates(store, rates), 'exchange rate')} loaded")


@prices.command("alias")
def prices_alias(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A model or deployment as spans name it. Default: list aliases.")] = "",
    target: Annotated[str, typer.Argument(help="The model, or provider/model, that prices it.")] = "",
    provider: Annotated[str, typer.Option(help="The provider as spans name it. Default: any.")] = "",
    free: Annotated[bool, typer.Option("--free", help="Its calls cost nothing, such as a model of one's own.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take back what was said about it.")] = False,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Say which model a deployment or a fine-tune is priced as, or that a model is free; without arguments, list that.

    Try:

        spanledger prices alias our-gpt4o-deployment openai/gpt-4o

        spanledger prices alias our-own-7b --provider vllm --free
    """
    with open_store(context, makes_one=bool(name)) as store:
        if not name:
            print_rows(store.frame("reports/prices/aliases"), Destination(output, file), title="What models mean")
            return
        if (bool(target), free, remove).count(True) != 1:
            raise typer.BadParameter("expected one of a target, --free and --remove", param_hint="TARGET")
        price_list.load(store)
        if target:
            entry = model_alias.set_alias(store, name, target, provider=provider)
            console().print(f"{name} is priced as {entry.provider}/{entry.model}")
        elif free:
            model_alias.set_free(store, name, provider=provider)
            console().print(f"{name} is free")
        else:
            model_alias.remove_alias(store, name, provider=provider)
            console().print(f"{name} is what the list makes of it")
        _resolve_again(store)


def _resolve_again(store: Store) -> None:
    changed = resolve_again(store)
    if changed:
        console().print(f"calls named {counted(changed, 'model')} that mean another price now")
        _say_how_to_restate()


def _say_how_to_restate() -> None:
    console().print("calls that are in the ledger keep their cost until they are restated")
