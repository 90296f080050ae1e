"""Bills are stored whole and once; what is taken back is out of force and remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from spanledger_enrich.books.bills import bill
from spanledger_enrich.books.bills.bill import UnknownBillError
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_sql.store import Store

EXAMPLES = Path(__file__).parents[3] / "fixtures/bills"


def bring_in(store: Store, *paths: Path, part: bool = False) -> None:
    """Check and store bills."""
    bill.record(store, bill.checked(store, paths, part=part))


def counts(store: Store) -> tuple[int, int]:
    """Bills and lines in force."""
    bills = store.value("SELECT count() FROM bill FINAL WHERE NOT deleted")
    return bills, store.value("SELECT count() FROM billed_charge")


def test_the_same_file_is_stored_once(store: Store, tmp_path: Path) -> None:
    bring_in(store, EXAMPLES / "openai_costs.json")
    renamed = tmp_path / "again.json"
    renamed.write_bytes((EXAMPLES / "openai_costs.json").read_bytes())
    bring_in(store, renamed)
    assert counts(store) == (1, 18)


def test_a_second_bill_of_the_same_days_is_refused_and_nothing_changes(store: Store) -> None:
    bring_in(store, EXAMPLES / "openai_costs.json")
    with pytest.raises(ImportFileError, match=r"charges of openai on 2026-10-05 are in the bill openai_costs\.json"):
        bring_in(store, EXAMPLES / "anthropic_cost_report.json", EXAMPLES / "openai_cost_export.csv")
    assert counts(store) == (1, 18)


def test_two_bills_of_one_invoice_are_refused(store: Store, tmp_path: Path) -> None:
    bring_in(store, EXAMPLES / "focus_1.4.csv")
    later = tmp_path / "later.csv"
    later.write_text((EXAMPLES / "focus_1.4.csv").read_text().replace("2026-10-05", "2026-10-25"))
    with pytest.raises(ImportFileError, match=r"later\.csv: invoice INV-1 is in the bill focus_1\.4\.csv"):
        bring_in(store, later)
    other = tmp_path / "other.csv"
    other.write_text((EXAMPLES / "focus_1.4.csv").read_text().replace("INV-1", "INV-2"))
    bring_in(store, other)
    assert counts(store) == (2, 60)


def test_two_new_files_of_one_invoice_are_refused_and_parts_are_not(store: Store, tmp_path: Path) -> None:
    head, *rows = (EXAMPLES / "focus_1.4.csv").read_text().splitlines()
    parts = [tmp_path / "1.csv", tmp_path / "2.csv"]
    for path, some in zip(parts, (rows[:10], rows[10:]), strict=True):
        path.write_text("\n".join([head, *some]) + "\n")
    with pytest.raises(ImportFileError, match="INV-1 is in the bill 1"):
        bring_in(store, *parts)
    assert counts(store) == (0, 0)
    bring_in(store, *parts, part=True)
    assert counts(store) == (2, 30)


def test_a_report_that_goes_on_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text((EXAMPLES / "openai_costs.json").read_text().replace('"has_more": false', '"has_more": true'))
    with pytest.raises(ImportFileError, match="has_more: the report goes on in a next page"):
        bring_in(store, path)
    bring_in(store, path, part=True)
    assert counts(store) == (1, 18)


def test_costs_and_usage_are_two_bills_of_the_same_days(store: Store) -> None:
    bring_in(store, EXAMPLES / "anthropic_cost_report.json", EXAMPLES / "anthropic_usage_messages.json")
    bring_in(store, EXAMPLES / "deepseek_cost.csv", EXAMPLES / "deepseek_amount.csv")
    assert counts(store) == (4, 16 + 16 + 1 + 4)


def test_a_bill_that_is_removed_is_out_of_force_and_comes_back(store: Store) -> None:
    bring_in(store, EXAMPLES / "openai_costs.json")
    bill.remove(store, "openai_costs.json")
    assert counts(store) == (0, 0)
    assert store.value("SELECT count() FROM bill_line FINAL") == 18
    bring_in(store, EXAMPLES / "openai_costs.json")
    assert counts(store) == (1, 18)
    done = store.rows("SELECT done FROM book_history WHERE kind = 'bill' ORDER BY at")
    assert [row["done"] for row in done] == ["imported", "removed", "imported"]


def test_a_bill_is_found_by_its_file_or_the_beginning_of_its_id(store: Store) -> None:
    bring_in(store, EXAMPLES / "openai_costs.json")
    one = bill.found(store, "openai_costs.json")
    assert bill.found(store, one["bill_id"][:12]) == one
    for name in (one["bill_id"][:5], "nothing.json"):
        with pytest.raises(UnknownBillError, match="there is no bill"):
            bill.found(store, name)


def test_amounts_in_the_database_are_those_of_the_file(store: Store) -> None:
    bring_in(store, EXAMPLES / "aws_cur2.csv")
    assert str(store.value("SELECT sum(amount) FROM bill_line FINAL")) == "64.961620100000"
    assert store.value("SELECT amounts[1] FROM bill FINAL") == store.value("SELECT sum(amount) FROM bill_line FINAL")
