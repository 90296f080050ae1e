"""What is narrow, as a column on paper or on a phone, drawn in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from browser.served import IN_A_BROWSER, OpenWindow
from spanledger_dashboards.drawing.charts.bar_list import Bar, _row
from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS
from spanledger_dashboards.drawing.column import Column
from spanledger_dashboards.drawing.style import _CSS
from spanledger_dashboards.drawing.table import _html
from spanledger_dashboards.pages.platform.calls import _drawn
from spanledger_sql.explanation import Step

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = IN_A_BROWSER


def narrow(page: Page, content: str, width: int) -> None:
    page.set_content(f'{_CSS}<div id="place" style="width:{width}px">{content}</div>')


def test_a_bar_with_a_long_note_is_no_wider_than_its_place_and_keeps_its_name(open_window: OpenWindow) -> None:
    page = open_window()
    row = _row(Bar(ALL_OTHERS, "$0.00047", 0.00047, "<0.1% 2 models, not drawn"), 1.0, "#000000")
    narrow(page, f'<div class="sl-bars">{row}</div>', 170)
    place, bar, name = (
        page.locator(of).evaluate("e => e.getBoundingClientRect().width") for of in ("#place", ".row", ".name")
    )
    assert bar <= place
    assert name >= 60


def test_words_of_a_table_on_paper_are_broken_between_them_alone(open_window: OpenWindow) -> None:
    page = open_window()
    page.emulate_media(media="print")
    columns = [
        Column("name", "Tenant"),
        Column("because", "through", in_words=True),
        *(Column("figure", f"figure {number}") for number in range(12)),
    ]
    rows = pd.DataFrame({"name": "n" * 40, "because": ["meters\u00a0100\u00a0%"], "figure": "266\u00a0g/kWh"})
    narrow(page, _html("Emissions", rows, columns, None), 703)
    assert (
        page.locator("td.words").evaluate(
            "cell => { const range = document.createRange(); range.selectNodeContents(cell); "
            "return range.getClientRects().length }"
        )
        == 1
    )


def test_a_step_of_how_a_calls_figures_came_about_is_read_on_a_phone_without_scrolling(open_window: OpenWindow) -> None:
    page = open_window(400)
    said = (("when", "2024-10-31 20:55:52.000000 UTC, 764 ms, ok"), ("who", "feature " + "x" * 300))
    narrow(page, _drawn(1, Step("Call", rows=said)), 340)
    table = page.locator(".sl-table")
    assert table.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
