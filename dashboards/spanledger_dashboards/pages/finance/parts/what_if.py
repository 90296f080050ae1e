"""What the calls of a period would have cost with other models, prices, tiers or caching: as the command `whatif`."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.evidence import period_options
from spanledger_dashboards.drawing.plain_text import unturned
from spanledger_dashboards.drawing.style import caption, refusal
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts.command_popover import command_popover
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.finance.parts.spend import chosen_dimension
from spanledger_dashboards.reckoned import reckoned
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.whatif.assumptions import Assumptions
from spanledger_enrich.books.whatif.in_money import reckon
from spanledger_settings import figures
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_sql.store import Store

# More calls than these are costed by the command, which tells how far it is.
_CALLS_AT_MOST = 300_000
_TIERS = ("as it was", "batch", "flex", "priority")
_BY = ("tenant", "model", "feature", "provider", "cost_center", "service")


def what_if(filters: Filters, used: pd.DataFrame) -> None:
    """Draw the assumptions, and once they are asked for, what comes of them; ``used`` are the models of the period."""
    with st.container(border=True):
        st.header("What if", anchor=False)
        if filters.where or filters.own_values:
            caption("A what-if is narrowed by period and tenant alone: take the other filters away to ask one.")
            return
        calls = int(used["calls"].sum())
        if calls > _CALLS_AT_MOST:
            caption(f"Of {figures.count(calls)} calls the command costs each anew, and tells how far it is:")
            words = _of_the_page(filters, ["--by", "tenant", "--model", "gpt-4o=gpt-4o-mini"])
            st.code(shlex.join(["spanledger", *words]), language="shell", wrap_lines=True)
            return
        _form(sorted({name for name in used["model"] if name}))
        if (asked := st.session_state.get("price_whatif")) is not None:
            _answer(filters, asked)


def _form(models: list[str]) -> None:
    with st.form("price_form", border=False):
        left, right = st.columns(2)
        recorded = left.selectbox("Calls of", ["every model", *models], key="price_from", format_func=unturned)
        other = right.text_input(
            "go to", key="price_to", placeholder="gpt-4o-mini, or anthropic/claude-3-5-haiku-latest", max_chars=200
        )
        places = st.columns(4)
        tokens = places[0].number_input(
            "Tokens of the other for one", 0.01, 100.0, 1.0, step=0.05, key="price_tokens", help="Tokenizers differ."
        )
        cached = places[1].number_input(
            "Read from the cache at least, %", 0, 100, 0, step=5, key="price_cache", help="Of each prompt."
        )
        tier = places[2].selectbox("Service tier", _TIERS, key="price_tier")
        price = places[3].number_input("Discount, %", 0, 100, 0, step=1, key="price_discount", help="On the new cost.")
        if st.form_submit_button("Reckon", icon=":material/calculate:"):
            st.session_state["price_whatif"] = {
                "models": {"" if recorded == "every model" else str(recorded): other.strip()} if other.strip() else {},
                "token_factor": float(tokens),
                "cache_hit_rate": cached / 100,
                "service_tier": "" if tier == _TIERS[0] else str(tier),
                "price_factor": f"{(100 - price) / 100:g}",
            }


def _answer(filters: Filters, asked: dict[str, Any]) -> None:
    assumptions = Assumptions(**{**asked, "price_factor": Decimal(asked["price_factor"])})
    title, by = chosen_dimension("What if, by", "price_by", {name: name for name in _BY})
    scope = Scope(filters.period.begin, filters.period.end, tuple(filters.tenants), changed=False)

    def costed(store: Store) -> pd.DataFrame:
        return reckon(store, open_store.settings(), scope, assumptions, by=(by,))

    try:
        with st.spinner("Every call is costed anew"):
            rows = reckoned(
                "what-if", costed, moment=filters.moment.parameter, scope=str(scope), asked=str(asked), by=by
            )
    except MendableError as error:
        refusal(f"{error}.")
        return
    before, after = rows["cost"].sum(), rows["new_cost"].sum()
    unknown = int(rows["unknown_calls"].sum())
    cards = (
        (
            "As it was",
            figures.usd(before),
            f"{figures.counted(unknown, 'call')} of unknown cost in neither" if unknown else "every call is in it",
        ),
        ("As it would have been", figures.usd(after), figures.change(after, before) or "no change"),
        (
            "Difference",
            figures.usd(after - before),
            "dearer" if after > before else "cheaper" if after < before else "none",
        ),
    )
    headline(cards, "whatif")
    caption("Assumed: " + "; ".join(str(assumptions).splitlines()) + ".")
    absent = "(unattributed)" if by == "tenant" else f"(no {title.lower()})"
    table(
        f"What if, by {title.lower()}",
        rows.assign(**{by: rows[by].replace("", absent)})[
            [by, "calls", "input_tokens", "output_tokens", "cost", "new_cost", "difference", "unknown_calls"]
        ],
        [
            Column(by, title),
            Column("cost", "As it was", "usd"),
            Column("new_cost", "As it would be", "usd"),
            Column("difference", "Difference", "usd"),
            Column("calls", "Calls", "count"),
            Column("unknown_calls", "Of unknown cost", "count"),
        ],
        filters,
        key="whatif",
        link=lambda row: filters.drill("tenants" if by == "tenant" else "", by, row[by]),
    )
    command_popover(_command(filters, asked, by))


def _command(filters: Filters, asked: dict[str, Any], by: str) -> list[str]:
    words = ["--by", by]
    words += [
        word
        for recorded, other in asked["models"].items()
        for word in ("--model", f"{recorded}={other}" if recorded else other)
    ]
    for option, value, usual in (
        ("--token-factor", asked["token_factor"], 1.0),
        ("--cache-hit-rate", asked["cache_hit_rate"], 0.0),
        ("--service-tier", asked["service_tier"], ""),
        ("--price-factor", asked["price_factor"], "1"),
    ):
        words += [] if value == usual else [option, str(value)]
    return _of_the_page(filters, words)


def _of_the_page(filters: Filters, words: list[str]) -> list[str]:
    """The command of the same calls as the page's."""
    return [
        "whatif",
        *period_options(filters),
        *words,
        *(word for tenant in filters.tenants for word in ("--tenant", tenant)),
    ]
