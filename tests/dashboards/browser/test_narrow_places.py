"""What is narrow, as a column on paper or on a phone, drawn in a real Chromium."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import pandas as pd
import pytest
from PIL import Image

from browser.served import IN_A_BROWSER, OpenWindow
from spanledger_dashboards.drawing.charts.bar_list import Bar, _row
from spanledger_dashboards.drawing.charts.budget_bar import BudgetBar
from spanledger_dashboards.drawing.charts.budget_bar import _row as _budget_row
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shade_says_that_a_table_goes_on_to_the_right_until_its_end_is_seen(
    open_window: OpenWindow, scheme: Literal["light", "dark"]
) -> None:
    page = open_window(400, scheme=scheme)
    columns = [Column("name", "Tenant"), *(Column("figure", f"a long figure {number}") for number in range(6))]
    rows = pd.DataFrame({"name": ["northwind"], "figure": ["266"]})
    page.emulate_media(color_scheme=scheme)

    def edges(shown: list[Column]) -> list[int]:
        """How far the ground at the right edge is from that of the page, at first and at the end of the table."""
        ground = "<style>:root { color-scheme: light dark } body { background: light-dark(#ffffff, #10161d) }</style>"
        narrow(page, ground + _html("Figures", rows, shown, None), 340)
        table, found = page.locator(".sl-table"), []
        for left in (0, 10_000):
            table.evaluate("(e, left) => { e.scrollLeft = left }", left)
            page.wait_for_timeout(100)
            seen = Image.open(io.BytesIO(page.locator("#place").screenshot())).convert("L")
            # Between the lines of the head and of the row, on no letter.
            found.append(abs(int(seen.getpixel((338, 3))) - (255 if scheme == "light" else 21)))
        return found

    first, last = edges(columns)
    assert first > 30
    assert last <= 2
    assert max(edges(columns[:1])) <= 2


def test_a_budget_of_which_nothing_is_used_has_no_bar_and_what_is_expected_is_pale(open_window: OpenWindow) -> None:
    page = open_window()
    budget = BudgetBar("everything", "$0.00", "of $200.00", 200.0, 0.0, 50.0, 90.0)
    narrow(page, f'<div class="sl-bars">{_budget_row(budget)}</div>', 400)
    assert page.locator(".bar.step").count() == 0
    inside, edge = page.locator(".bar.range").evaluate(
        "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).borderTopColor]"
    )
    assert inside != edge
    narrow(page, f'<div class="sl-bars">{_budget_row(BudgetBar("some", "$1", "of $2", 2.0, 1.0, 1.0, 1.5))}</div>', 400)
    solid = page.locator(".bar.step").evaluate("e => getComputedStyle(e).backgroundColor")
    assert solid == page.locator(".bar.range").evaluate("e => getComputedStyle(e).borderTopColor")
    assert solid != page.locator(".bar.range").evaluate("e => getComputedStyle(e).backgroundColor")
