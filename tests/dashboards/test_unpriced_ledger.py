"""A ledger of calls of unknown cost and emissions: no page takes them for nothing, and each says what mends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from harness import data_folder
from ledger_sample import insert, ledger_sample

from spanledger_dashboards.page_list import PAGES
from spanledger_settings.configuration import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from spanledger_sql.store import Store

# Nobody bought any: nothing is what they cost.
NOTHING = {"Commitments"}


@pytest.fixture(scope="module")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Calls of October of one model, without a price and without energy."""
    calls = ledger_sample(400)
    calls["request_model"] = calls["response_model"] = "acme-finetune-7b"
    calls["price_status"] = "unpriced"
    calls[[name for name in calls if name.endswith("_cost")]] = None
    calls[[name for name in calls if name.startswith(("energy_wh", "co2e", "embodied", "water"))]] = np.nan
    folder: Path = tmp_path_factory.mktemp("unpriced")
    with data_folder.opened(load(data_dir=folder / "data")) as store:
        insert(store, calls)
        yield store


def shown(page: AppTest) -> str:
    cards = "\n".join(f"{one.value} {one.delta}" for one in page.metric if one.label not in NOTHING)
    texts = "\n".join(str(one.value) for kind in (page.info, page.caption, page.success) for one in kind)
    return "\n".join([cards, texts, *(block.proto.body for block in page.get("html"))])


@pytest.mark.parametrize("name", [listed.url_path for listed in PAGES])
def test_no_page_takes_what_is_unknown_for_nothing(open_page: Callable[..., AppTest], name: str) -> None:
    text = shown(open_page(name))
    assert "$0" not in text
    assert "0 g CO" not in text
    assert not re.search(r"\bna[nt]\b", text.lower())


def test_finance_is_told_what_is_missing_and_where_it_is_mended(open_page: Callable[..., AppTest]) -> None:
    text = shown(open_page("finance"))
    assert "In the totals" not in text
    assert "Not in the totals, charged to nobody" in text
    assert 'href="prices?"' in text
    assert 'href="quality?"' in text
    prices = open_page("prices")
    cards = {card.label: (card.value, card.delta) for card in prices.metric}
    assert cards["At list prices"][0] == cards["At contract prices"][0] == "unknown"
    assert cards["Saved by contracts"] == ("unknown", "no call's cost is known")


@pytest.mark.parametrize("name", ["sustainability", "breakdown", "hours"])
def test_sustainability_is_told_why_there_is_no_figure(open_page: Callable[..., AppTest], name: str) -> None:
    text = shown(open_page(name))
    assert "No call of this period has an emission figure: the energy of its model" in text
    assert 'href="grid?"' in text


def test_a_what_if_that_compares_nothing_leads_to_what_is_unknown(open_page: Callable[..., AppTest]) -> None:
    text = shown(open_page("whatif"))
    assert "nothing is known of the energy of its model" in text
    assert 'href="grid?' in text
