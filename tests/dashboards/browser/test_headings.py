"""Pages for who hears or hardly sees them: headings of one first level that skip none, text that stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from ledger_sample import ledger_sample

from browser.served import CALLS_WITH_BOOKS, IN_A_BROWSER, served
from spanledger_dashboards.page_list import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from browser.served import Served

pytestmark = IN_A_BROWSER


@pytest.fixture
def address(with_books: Served) -> str:
    return with_books.address


def levels(page: Page, address: str) -> list[int]:
    """The levels of a page's headings in the order of reading, once nothing of it is on its way."""
    page.goto(address)
    page.locator("h1").first.wait_for(timeout=60_000)
    while True:
        page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=60_000)
        page.wait_for_timeout(500)
        if page.locator('[data-testid="stStatusWidget"]').count() == 0:
            break
    found = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(each => +each.tagName[1])")
    return list(map(int, found))


def skipped(found: list[int]) -> list[tuple[int, int]]:
    """Where a heading is more than one level below that before it; before the title the filters have a section."""
    return [(above, below) for above, below in zip([1, *found], found, strict=False) if below > above + 1]


def test_no_page_skips_a_level_of_headings(browser: Browser, address: str) -> None:
    call = ledger_sample(CALLS_WITH_BOOKS).query("counted == 1").iloc[0]
    paths = [listed.url_path for listed in PAGES]
    paths += ["tenants?tenants=northwind", f"calls?call={call['trace_id']}.{call['span_id']}"]
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        for path in paths:
            found = levels(page, f"{address}/{path}")
            assert found.count(1) == 1, path
            assert not skipped(found), (path, found)
        assert found.count(2) > 4  # the filters, and the steps of a call


def test_what_an_empty_ledger_says_has_levels_too(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("empty"), calls=0) as empty, browser.new_context() as context:
        found = levels(context.new_page(), empty.address)
        assert found == [1, 2, 2]


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
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 2500}, color_scheme=scheme) as context:
        page = context.new_page()
        for path in ("finance", "prices", "sustainability"):
            levels(page, f"{address}/{path}")
            # On a busy machine the page's own style may come after its text, and what is drawn anew is pale at first.
            page.wait_for_function("+getComputedStyle(document.querySelector('.sl-caption')).opacity < 1")
            page.wait_for_function("!document.getAnimations().some(each => each instanceof CSSTransition)")
            assert not page.evaluate(FAINT), path
