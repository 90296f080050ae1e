"""What the theme's settings cannot say: tabular figures, and the look of lists of bars and of gaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.plain_text import escape, unturned

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_CSS = """
<style>
  [data-testid="stMetricValue"], [data-testid="stMetricDelta"], .sl-bars, .sl-gap, .sl-legend {
    font-variant-numeric: tabular-nums lining-nums;
  }
  [data-testid="stMainBlockContainer"] { max-width: 1400px; padding-top: 4.5rem; padding-bottom: 3rem; }
  @media (min-width: 64rem) { [data-testid="stMainBlockContainer"] { padding-left: 2.5rem; padding-right: 2.5rem; } }
  [data-testid="stMetric"] [data-testid="stMetricValue"] p, [data-testid="stMetricLabel"] p {
    white-space: normal; overflow: visible; }
  [class*="st-key-cards"] [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
  [class*="st-key-cards"] [data-testid="stColumn"] { min-width: calc(33.3% - 1rem); flex: 1 1 calc(33.3% - 1rem); }
  @media (min-width: 1100px) {
    /* Four, and seven, in rows of four: none stands alone. */
    [class*="st-key-cards"] [data-testid="stHorizontalBlock"]:has(> :is(:nth-child(4), :nth-child(7)):last-child)
      > [data-testid="stColumn"] { min-width: calc(25% - 1rem); flex-basis: calc(25% - 1rem); }
  }
  /* Of several lines, half circles at its ends would cut into the first and the last. */
  [data-testid="stMetricDelta"] { border-radius: .6rem; }
  [class*="st-key-cards"] [data-testid="stMetricDelta"] { white-space: normal; height: auto; }
  [class*="st-key-cards"] [data-testid="stMetricDelta"] * { white-space: normal; overflow: visible; }
  @media (max-width: 640px) {
    [class*="st-key-cards"] [data-testid="stHorizontalBlock"] { gap: .6rem; }
    [class*="st-key-cards"] [data-testid="stColumn"] { min-width: calc(50% - .4rem); flex: 1 1 calc(50% - .4rem); }
    [class*="st-key-cards"] [data-testid="stMetric"] { padding: .6rem .7rem; }
    [class*="st-key-cards"] [data-testid="stMetric"] > div { padding: 0; }
    [class*="st-key-cards"] [data-testid="stMetricDelta"] { font-size: .75rem; }
  }
  /* Sections are the second level to a screen reader, and small to the eye. */
  [data-testid="stMainBlockContainer"] [data-testid="stHeading"] h2 { padding: .5rem 0 1rem; }
  .sl-whose { font-size: 1.25rem; overflow-wrap: anywhere; }
  /* Where the keyboard is stands out at 3:1: Streamlit's ring around it is paler, a browser's a pixel wide. */
  .stApp :is(a, button, summary, [role="region"]):focus-visible { outline: 2px solid currentColor;
    outline-offset: 2px; }
  .sl-caption { font-size: .87rem; opacity: .78; margin: 0; overflow-wrap: anywhere; }
  /* Streamlit's own greys for these are 3.7:1, 4.2:1 and, of code, 2.8:1. */
  [data-testid="stVegaLiteChart"] svg text { fill: color-mix(in srgb, currentColor 80%, transparent); }
  [data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; opacity: .89; }
  [data-testid="stCode"] .token { color: inherit !important; }
  /* The room for a line that is empty for most of the time: nothing below moves when it is there. */
  .st-key-sl-heading { position: relative; padding-bottom: .7rem; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-sl-newer) { position: absolute; left: 0; bottom: -.4rem; }
  .st-key-sl-newer button { min-height: 0; padding: 0; text-align: left; text-decoration: underline;
    text-underline-offset: 2px; }
  .st-key-sl-newer button p { font-size: .87rem; line-height: 1.4rem; }
  .sl-refusal { border-left: 4px solid #dd2266; border-radius: .3rem; padding: .8rem 1rem; overflow-wrap: anywhere;
    background: color-mix(in srgb, #dd2266 10%, transparent); }
  .sl-bars { display: grid; gap: .7rem; margin: .15rem 0 .35rem; font-size: .9rem; }
  .sl-bars .row { display: grid; grid-template-columns: minmax(40%, 1fr) auto; gap: .2rem .75rem;
    align-items: baseline; }
  .sl-bars .name { overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
    -webkit-line-clamp: 4; }
  /* A name reads in its own direction, and stands where the others do. */
  .sl-bars .name, .sl-table .text, .sl-step td, .sl-whose, #vg-tooltip-element td.value { unicode-bidi: plaintext; }
  .sl-bars .name, .sl-whose, #vg-tooltip-element td.value { text-align: left; }
  .sl-bars .value { font-weight: 600; white-space: nowrap; text-align: right; }
  /* A long one, beside a name in a narrow place, goes on below itself: it would be wider than what it is in. */
  .sl-bars .note { opacity: .68; font-weight: 400; margin-left: .45rem; white-space: normal; }
  .sl-bars .track { grid-column: 1 / -1; height: .5rem; border-radius: .25rem;
    background: color-mix(in srgb, currentColor 9%, transparent); overflow: hidden; }
  .sl-bars .bar { display: block; height: 100%; border-radius: .25rem; min-width: 2px; }
  .sl-bars .track { position: relative; }
  /* Its edge is what contrasts: the pale inside alone would not. */
  .sl-bars .range { position: absolute; background-clip: padding-box; box-sizing: border-box; }
  .sl-bars .central { position: absolute; width: 4px; margin-left: -2px; height: 100%;
    background: currentColor; }
  .sl-bars .note.below { grid-column: 1 / -1; margin: 0; }
  .sl-bars .step { position: absolute; }
  .sl-bars .limit { position: absolute; top: -.2rem; bottom: -.2rem; width: 3px; margin-left: -1px;
    background: currentColor; }
  .sl-bars .split { display: flex; gap: 2px; height: 1rem; }
  .sl-bars .split .bar { border-radius: 0; }
  .sl-hatched { background: repeating-linear-gradient(-45deg, #888888 0 4px,
    color-mix(in srgb, #888888 45%, transparent) 4px 8px); }
  .sl-bars a, .sl-table a, .sl-caption a { color: inherit; text-decoration: underline;
    text-decoration-color: currentColor; text-decoration-thickness: 1px; text-underline-offset: 2px; }
  /* Its scroll bar is seen without being pointed at: there is more to the right. */
  .sl-table { overflow-x: auto; font-size: .87rem; font-variant-numeric: tabular-nums lining-nums;
    scrollbar-width: thin; scrollbar-color: color-mix(in srgb, currentColor 45%, transparent) transparent;
    /* A phone shows none: a shade at the right edge, which the end covers as it comes into sight, says so there. */
    background: linear-gradient(to left, light-dark(#ffffff, #10161d) 1.2rem, transparent 2.4rem) right / 2.4rem 100%
        no-repeat local,
      linear-gradient(to left, color-mix(in srgb, currentColor 24%, transparent), transparent) right / 1.1rem 100%
        no-repeat scroll; }
  /* Not collapsed: a first column that stays while the others scroll would cover the line below its row. */
  .sl-table table { border-collapse: separate; border-spacing: 0; width: 100%; margin: 0; }
  .sl-table caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .sl-table th, .sl-table td { padding: .3rem .5rem; border: 0; vertical-align: top; font-weight: 400;
    border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
  .sl-table thead th { font-weight: 600; border-bottom-width: 2px;
    color: color-mix(in srgb, currentColor 80%, transparent); }
  .sl-table .text { text-align: left; overflow-wrap: anywhere; min-width: 7rem; max-width: 24rem; }
  /* A name of hundreds of characters makes no row of a screen's height; it is whole where one points, and on paper. */
  .sl-table .long, .sl-gap .quiet, .sl-legend > span { overflow: hidden; display: -webkit-box;
    -webkit-box-orient: vertical; -webkit-line-clamp: 4; }
  .sl-legend > span { -webkit-line-clamp: 2; }
  .sl-table thead th.text, .sl-table .words { overflow-wrap: normal; }
  .sl-table tbody th.text { min-width: 8.5rem; }
  .sl-table td.when, .sl-table thead th.when { min-width: 5.5rem; }
  .sl-table .figure { text-align: right; white-space: nowrap; }
  .sl-table thead .figure { white-space: normal; }
  .sl-table .below { display: block; opacity: .85; }
  .sl-table thead .below { font-weight: 400; opacity: 1; }
  @media (max-width: 40rem) {
    /* It scrolls here anyway: rather that than a text of many lines in a column that is not seen. */
    .sl-table table { width: max-content; min-width: 100%; }
    .sl-table .text { max-width: 14rem; }
    .sl-table td.text:has(.long) { max-width: 24rem; }
    .sl-table th.text { max-width: 9rem; }
    .sl-table thead .figure { white-space: nowrap; }
    .sl-table .below { display: inline; }
    .sl-table .below::before { content: "· "; }
    /* Whose row it is stays to be seen. Its ground is the theme's: no property tells that. */
    .sl-table tr > :first-child { position: sticky; left: 0; z-index: 1;
      background: light-dark(#ffffff, #10161d); }
  }
  .sl-table tbody tr:hover { background: color-mix(in srgb, currentColor 5%, transparent); }
  .sl-step h2 { font-size: 1rem; margin: 0 0 .35rem; font-weight: 600; overflow-wrap: anywhere; padding: 0; }
  .sl-step .sl-table { margin-top: .4rem; }
  /* Of names and what is said of them nothing lies side by side to compare: a long text goes on below itself. */
  .sl-step .sl-table:not(:has(thead)) table { width: 100%; }
  .sl-step .sl-sum td { opacity: .72; }
  .sl-step tfoot td { font-weight: 600; border-bottom: 0; }
  .sl-step tbody th.text { opacity: .72; width: 9rem; max-width: 9rem; min-width: 6rem; }
  .sl-step td.text { max-width: none; }
  @media print {
    @page { margin: 12mm; }
    /* What scrolls on a screen is whole on paper. */
    html, body, #root, .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
      display: block !important; position: static !important; height: auto !important; overflow: visible !important; }
    [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"] { display: none !important; }
    [data-testid="stMainBlockContainer"] { padding: 0 !important; max-width: none !important; }
    [data-testid="stMetric"], .sl-bars .row, .sl-bars .split, .sl-gap, .sl-table tr, [data-testid="stVegaLiteChart"],
    [data-testid="stHorizontalBlock"] { break-inside: avoid; }
    /* A heading stays with what it is of. */
    [data-testid="stElementContainer"]:has(h1, h2, h3),
    [data-testid="stElementContainer"]:has(.sl-caption, [data-testid="stCaptionContainer"]):not(:last-child, :has(a),
      :has(+ [data-testid="stLayoutWrapper"]:last-child > [data-testid="stPopover"])),
    [data-testid="stLayoutWrapper"]:has(> [data-testid="stHorizontalBlock"] h2):not(:has(.sl-bars, .sl-table)) {
      break-after: avoid; }
    .sl-table { overflow: visible; font-size: .7rem; background: none; }
    /* A sheet has room for what is owed below the headline figures, and for four gaps side by side. */
    [data-testid="stMetric"] { padding: .4rem .7rem; }
    [data-testid="stMetric"] > div { padding: 0 !important; }
    [data-testid="stMetric"] [data-testid="stMetricValue"] { font-size: 1.35rem; }
    [data-testid="stMainBlockContainer"] [data-testid="stHeading"] h2 { padding: .1rem 0 .4rem; }
    [data-testid="stMainBlockContainer"] [data-testid="stHeading"] h1 { padding: 0 0 .4rem; }
    .sl-bars { gap: .4rem; }
    div.sl-gaps { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
    div.sl-gap { padding: .5rem .6rem; }
    .sl-table .long, .sl-gap .quiet { display: block; overflow: visible; -webkit-line-clamp: none !important; }
    .sl-table th, .sl-table td { padding: .2rem .3rem; }
    .sl-table .text { min-width: 4.2rem; }
    .sl-table tbody th.text { min-width: 5.5rem; }
    .sl-table td.when, .sl-table thead th.when { overflow-wrap: normal; min-width: 4.2rem; }
    .sl-table thead { display: table-header-group; break-after: avoid; }
    /* A browser leaves the head of a table alone at the end of a page: a short table is not parted. */
    .sl-table:not(:has(tbody tr:nth-child(13), .below, .long)), .sl-table:not(:has(tbody tr:nth-child(7))) {
      break-inside: avoid; }
    /* It was drawn for the screen. */
    [data-testid="stVegaLiteChart"] svg { max-width: 100%; height: auto; }
    /* Nothing to press is printed, nor what is folded; an empty place would part a table from its heading. */
    [data-testid="stLayoutWrapper"]:has(> [class*="st-key-sl-tools"], > .st-key-sl-newer,
      > [data-testid="stVerticalBlock"]:empty, > [data-testid="stPopover"],
      > [data-testid="stExpander"] details:not([open])),
    [data-testid="stElementContainer"]:has(> [data-testid="stFormSubmitButton"]),
    [data-testid="stExpander"]:has(details:not([open])), [data-testid="stPopover"], [data-testid="stButton"],
    [data-testid="stDownloadButton"] { display: none; }
  }
  .sl-legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; font-size: .85rem; }
  .sl-legend > span { overflow-wrap: anywhere; min-width: 0; }
  .sl-legend .swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin-right: .4rem; }
  .sl-legend .swatch.line { width: 1.6rem; height: 3px; border-radius: 0; vertical-align: middle; }
  .sl-gaps { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem; }
  .sl-gap { border: 1px dashed color-mix(in srgb, currentColor 38%, transparent); border-radius: .5rem;
    padding: .7rem .9rem; font-size: .87rem; line-height: 1.4; }
  .sl-gap .what { display: flex; justify-content: space-between; gap: .5rem; }
  .sl-gap .figure { font-size: 1.2rem; font-weight: 600; margin: .1rem 0; }
  .sl-gap .quiet { opacity: .72; overflow-wrap: anywhere; }
</style>
"""


def apply() -> None:
    """Put the styles into the page."""
    st.html(_CSS)


def caption(text: str) -> None:
    """Write a quiet line that may hold names from the ledger: nothing in it is read as Markdown, HTML or a link."""
    st.html(f'<p class="sl-caption">{escape(text)}</p>')


def lead(text: str, address: str) -> None:
    """Write a line that leads to another page."""
    st.html(f'<p class="sl-caption"><a href="{escape(address)}" target="_self">{escape(text)}</a></p>')


def refusal(text: str) -> None:
    """Say why there are no figures; nothing of the text is read as Markdown, HTML or a link."""
    st.html(f'<div class="sl-refusal" role="alert">{escape(text)}</div>')


# What Markdown makes a link of by itself: the part before which it would no longer.
_LINKED = re.compile(r"https?(?=:)|www(?=\.)|[\w.+-](?=@)", re.IGNORECASE)


def plainly(text: str) -> str:
    """A name from the ledger for a place that reads Markdown, which finds none in it.

    What looks like an address is made a link even where it is escaped: an invisible character parts it.
    """
    parted = _LINKED.sub(lambda found: f"{found[0]}\N{WORD JOINER}", unturned(text))
    return re.sub(r"([^\w\s\N{WORD JOINER}])", r"\\\1", parted)


def tiles(count: int) -> list[DeltaGenerator]:
    """Places side by side: in one row, or four in two."""
    per_row = 2 if count == 4 else count
    return [place for _ in range(count // per_row) for place in st.columns(per_row, gap="small")]


def metric_columns(count: int = 6, key: str = "") -> list[DeltaGenerator]:
    """Places for headline figures: rows of three, on a narrow screen of two; ``key`` tells others of a page apart."""
    with st.container(key=f"cards-{key}" if key else "cards"):
        return list(st.columns(count, gap="small"))
