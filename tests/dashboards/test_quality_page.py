from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
from shown_table import number, shown_tables
from streamlit.testing.v1 import AppTest

from spanledger_settings import figures

if TYPE_CHECKING:
    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]


def test_the_headline_counts_what_the_calls_leave_untold(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page("quality")
    shown = {metric.label: metric.value for metric in page.metric}
    untold = (counted["tenant_id"] == "(unattributed)").sum()
    assert 0 < untold < len(counted)
    assert shown["Without tenant"] == figures.share(untold / len(counted))
    assert shown["Without price"] == figures.share((counted["price_status"] == "unpriced").sum() / len(counted))


def by_service(page: AppTest) -> pd.DataFrame:
    return shown_tables(page)["Quality by service and instrumentation"]


def test_every_counted_call_is_in_one_row(open_page: Pages, counted: pd.DataFrame) -> None:
    table = by_service(open_page("quality"))
    assert table["Calls"].map(number).sum() == len(counted)
    assert (table["Without tenant"].map(number) <= 100).all()


def test_a_period_without_calls_says_so(open_page: Pages) -> None:
    page = open_page("quality", period="Custom", days=["2020-01-01", "2020-01-02"])
    assert "No calls in this period" in page.info[0].value


def test_reports_that_do_not_count_are_duplicates(open_page: Pages, sample_store: Store) -> None:
    table = by_service(open_page("quality"))
    uncounted = sample_store.value("SELECT count() FROM ledger FINAL WHERE counted = 0")
    assert table["Duplicates removed"].map(number).sum() == uncounted


def test_models_of_unknown_energy_have_a_file_to_begin_with(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page("quality")
    unknown = counted[counted["energy_wh"].isna() & (counted["usage_source"] != "missing")]
    table = shown_tables(page)["Models of unknown energy"]
    assert dict(zip(table["Model"], table["Calls"].map(number), strict=True)) == dict(
        unknown.groupby("response_model").size()
    )
    [begun] = [block.value for block in page.code if "wh_per_output_token" in block.value]
    assert "self-hosted,acme-finetune-7b," in begun.splitlines()
    assert any("spanledger energy import energy.csv\nspanledger restate --reason" in block.value for block in page.code)
