"""Pages for who hears or hardly sees them: headings of one first level that skip none, text that stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import pytest
from dashboard_server import HOSTILE
from ledger_sample import ledger_sample

from browser.served import (
    CALLS_WITH_BOOKS,
    IN_A_BROWSER,
    OpenWindow,
    Served,
    assert_whole_on_a_phone,
    drawn,
    served,
)
from spanledger_dashboards.page_list import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = IN_A_BROWSER


@pytest.fixture
def address(with_books: Served) -> str:
    return with_books.address


def levels(page: Page) -> list[int]:
    """The levels of a page's headings in the order of reading."""
    found = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(each => +each.tagName[1])")
    return list(map(int, found))


def skipped(found: list[int]) -> list[tuple[int, int]]:
    """Where a heading is more than one level below that before it; before the title the filters have a section."""
    return [(above, below) for above, below in zip([1, *found], found, strict=False) if below > above + 1]


def test_no_page_skips_a_level_of_headings_and_each_fits_a_dark_phone_and_calls_nobody(
    open_window: OpenWindow, address: str, with_books: Served
) -> None:
    call = ledger_sample(CALLS_WITH_BOOKS).query("counted == 1").iloc[0]
    paths = [listed.url_path for listed in PAGES]
    hostile = f"tenants?{urlencode({'tenants': HOSTILE})}"
    paths += ["tenants?tenants=northwind", hostile, f"calls?call={call['trace_id']}.{call['span_id']}"]
    page = open_window(400, scheme="dark")
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if address not in request.url else None)
    for path in paths:
        page.goto(f"{address}/{path}")
        assert_whole_on_a_phone(page, path)
        found = levels(page)
        assert found.count(1) == 1, path
        assert not skipped(found), (path, found)
        assert page.locator("a[href*=':9/'], img[src*=':9/']").count() == 0, path
    assert found.count(2) > 4  # the filters, and the steps of a call
    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:"))]
    assert with_books.log.read_text() == ""


def test_what_an_empty_ledger_says_has_levels_too(
    open_window: OpenWindow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with served(tmp_path_factory.mktemp("empty"), calls=0) as empty:
        page = open_window()
        page.goto(empty.address)
        drawn(page)
        assert levels(page) == [1, 2, 2]
        page.close()


# The ratio of each text to what is behind it, as WCAG reckons it, where it is below 4.5:1; icons are no text.
FAINT = """() => {
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [.2126, .7152, .0722][place], 0)
  // A browser gives mixed colours in its own notation: a canvas has them in bytes.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true})
  const rgba = text => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part, place) => place < 3 ? part : part / 255) }
  const over = (above, below) => [0, 1, 2].map(place => above[place] * above[3] + below[place] * (1 - above[3]))
  const parents = each => each ? [each, ...parents(each.parentElement)] : []
  const found = []
  const texts = document.createTreeWalker(document.querySelector(".stApp"), NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement, said = texts.currentNode.textContent.trim()
    if (!said || !holder.checkVisibility({visibilityProperty: true})) continue
    if (holder.matches("style, [data-testid=stIconMaterial]")) continue
    const style = getComputedStyle(holder)
    const behind = parents(holder).map(each => rgba(getComputedStyle(each).backgroundColor)).reverse()
      .reduce((below, above) => over(above, below), [255, 255, 255])
    const colour = rgba(holder.closest("svg") ? style.fill : style.color)
    colour[3] *= parents(holder).reduce((all, each) => all * getComputedStyle(each).opacity, 1)
    const [most, least] = [light(over(colour, behind)), light(behind)].sort((a, b) => b - a)
    const ratio = (most + .05) / (least + .05)
    if (ratio < 4.5) found.push(`${said.slice(0, 40)}: ${ratio.toFixed(2)}`)
  }
  return found
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(
    open_window: OpenWindow, address: str, scheme: Literal["light", "dark"]
) -> None:
    page = open_window(height=2500, scheme=scheme)
    for path in ("finance", "prices", "sustainability"):
        page.goto(f"{address}/{path}")
        drawn(page)
        # On a busy machine the page's own style may come after its text, and what is drawn anew is pale at first.
        page.wait_for_function("+getComputedStyle(document.querySelector('.sl-caption')).opacity < 1")
        page.wait_for_function("!document.getAnimations().some(each => each instanceof CSSTransition)")
        assert not page.evaluate(FAINT), path
