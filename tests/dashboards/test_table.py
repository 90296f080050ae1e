"""A table is bounded, searched and sorted, its rows lead on, and its file says what it was narrowed to."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_PAGE = """
import pandas as pd
from decimal import Decimal
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.sidebar import filters_in_sidebar

filters = filters_in_sidebar()
names = ["![](http://127.0.0.1:9/x.png)", "=cmd|1", *(f"tenant-{n:04}" for n in range(300))]
rows = pd.DataFrame({"tenant": names, "cost": [Decimal(n) for n in range(301)] + [None]})
table("Cost by tenant", rows, [Column("tenant", "Tenant"), Column("cost", "Cost", "usd")], filters, key="t", bound=20,
      number=1000, link=lambda row: filters.drill("tenants", "tenant", row["tenant"]))
evidence("commitments/by_tenant", filters.parameters, filters)
"""


@pytest.fixture
def page(sample_store: Store, serve: Callable[[Store], None]) -> AppTest:
    serve(sample_store)
    script = AppTest.from_string(_PAGE, default_timeout=60)
    script.query_params["feature"] = "search"
    script.run()
    assert not script.exception, script.exception
    return script


def cells(page: AppTest) -> list[list[str]]:
    [shown] = [block.proto.body for block in page.get("html") if "sl-table" in block.proto.body]
    return pd.read_html(io.StringIO(shown), flavor="html5lib")[0].to_numpy().tolist()


def test_a_table_says_what_it_leaves_out_and_its_rows_lead_on_with_the_filters(page: AppTest) -> None:
    html = "".join(block.proto.body for block in page.get("html"))
    assert "The first 20 of 1,000 rows; 980 are left out here" in html
    assert 'href="tenants?feature=search&amp;tenants=tenant-0001"' in html
    assert "![](http://127.0.0.1:9/x.png)</a>" in html
    assert "These figures cannot be narrowed by feature" in html
