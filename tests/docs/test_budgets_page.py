"""The page on budgets: its file is taken, and its commands run one after the other, as they stand."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "budgets.md").read_text(encoding="utf-8")
LINES = re.findall(r"^    spanledger (.*)", PAGE, re.MULTILINE)
FILE = re.findall(r"^    (budget,for,.*(?:\n    .+)+)", PAGE, re.MULTILINE)


def test_the_commands_of_the_page_run_in_their_order(books, spanledger, tmp_path, monkeypatch):
    books.fill({"ts": datetime.now(UTC), "tenant_id": "acme", "feature": "chat", "dimensions": {"desk": "emea"}})
    monkeypatch.chdir(tmp_path)
    (text,) = FILE
    Path("budgets.csv").write_text(text.replace("\n    ", "\n") + "\n", encoding="utf-8")
    assert len(LINES) > 6
    for line in LINES:
        spanledger(*shlex.split(line, comments=True))
    assert books.store.value("SELECT count() FROM budget FINAL WHERE removed = 0") == 3
