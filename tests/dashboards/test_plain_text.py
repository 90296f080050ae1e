"""Names with characters that turn the direction of reading turn nothing on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import spanledger_dashboards
from spanledger_dashboards.drawing.plain_text import escape, isolated, unturned
from spanledger_dashboards.drawing.style import plainly
from spanledger_sql.store import Store

# Read as "invoice exe.png": what follows on the page would be turned, too.
TURNED = "invoice \u202egnp.exe"


@pytest.mark.parametrize("turning", list("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
def test_a_character_that_turns_what_follows_is_shown_as_one_that_does_not(turning: str) -> None:
    assert escape(f"<b>{turning}x") == "&lt;b&gt;\N{REPLACEMENT CHARACTER}x"
    assert turning not in plainly(f"a{turning}b")


@pytest.mark.parametrize("name", ["acme\u200b", "ac\u00adme", "\ufeffacme", "ac\u2060me", "ac\u200dme", "acme\u200e"])
def test_no_name_passes_for_another_by_characters_that_are_not_seen(name: str) -> None:
    assert escape(name) == unturned(name)
    assert unturned(name).replace("\N{REPLACEMENT CHARACTER}", "") == "acme" != unturned(name)


@pytest.mark.parametrize(
    "name", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"]
)
def test_joiners_within_a_word_or_an_emoji_stay(name: str) -> None:
    assert escape(name) == name


def test_a_name_within_a_sentence_keeps_the_figures_beside_it_in_their_places() -> None:
    hebrew = "\u05d0\u05d1 7"
    assert escape(f"{isolated(hebrew)}: $5, {isolated('<b>')}") == f"\u2068{hebrew}\u2069: $5, &lt;b&gt;"
    assert escape(isolated(" ")) == "\N{OPEN BOX}"
    # A name holds nothing by which it would end its isolation.
    assert (
        escape(isolated(f"{hebrew}\ufdd1\u2069\ufdd0b"))
        == f"\u2068{hebrew}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b\u2069"
    )
    assert escape("a\u2069\ufdd0b") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


def test_names_that_are_written_from_the_right_stay_as_they_are() -> None:
    assert escape("\u05d0\u05d1 \u0627\u0644") == "\u05d0\u05d1 \u0627\u0644"


def test_a_name_that_is_blank_is_seen() -> None:
    assert escape("  \t") == "\N{OPEN BOX}" * 3
    assert escape("") == ""
    assert escape(" a ") == " a "


def test_no_module_of_the_pages_escapes_names_by_itself() -> None:
    folder = Path(spanledger_dashboards.__file__).parent
    found = [
        file.name for file in folder.rglob("*.py") if "import html" in (text := file.read_text()) or "from html" in text
    ]
    assert found == ["plain_text.py"]


def test_a_tenants_name_turns_nothing_on_the_page(sample_store: Store, open_page: Callable[..., AppTest]) -> None:
    row = sample_store.query_frame("SELECT * FROM ledger WHERE counted = 1 LIMIT 1")
    sample_store.insert_frame("ledger", row.assign(tenant_id=TURNED, trace_id="f" * 32))
    page = open_page("tenants")
    drawn = "".join(block.proto.body for block in page.get("html"))
    assert "invoice \N{REPLACEMENT CHARACTER}gnp.exe" in drawn
    assert "\u202e" not in drawn
    field = page.multiselect(key="tenants")
    assert not [option for option in field.options if "\u202e" in option]
    narrowed = field.set_value(["invoice \N{REPLACEMENT CHARACTER}gnp.exe"]).run()
    assert not narrowed.exception
    assert next(card.value for card in narrowed.metric if card.label == "Calls") == "1"
