"""The page on closing a month: its commands run one after the other, as they stand."""

import re
import shlex
from decimal import Decimal
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "closing.md"
LINES = re.findall(r"^    spanledger (.*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_commands_of_the_page_run_in_their_order(books, spanledger, tmp_path, monkeypatch):
    books.fill(
        *(
            {"cost_center": name, "price_status": "priced", "list_cost": Decimal(2), "contracted_cost": Decimal(2)}
            for name in ("a", "b", "c")
        )
    )
    monkeypatch.chdir(tmp_path)
    assert len(LINES) > 15
    for line in LINES:
        words = shlex.split(line, comments=True)
        if "--head" in words:
            words[-1] = books.store.value("SELECT hash FROM book_event ORDER BY number LIMIT 1")
        spanledger(*words)
    assert {path.name for path in tmp_path.iterdir()} == {"draft.html", "acme.html", "acme.csv", "journal.csv"}
    assert books.store.value("SELECT groupArray(action) FROM (SELECT action FROM book_event ORDER BY number)") == [
        "soft", "hard", "dispute", "answer",
    ]  # fmt: skip
