"""Comparisons beside AND and OR are hidden from the optimizer, which hashes all levels of a view for each of them."""

from __future__ import annotations

import pytest

from spanledger_sql.definitions.opaque_comparison import with_opaque_comparisons
from spanledger_sql.definitions.schema_file import views


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if(a = 1 AND b, 2, 3)", "if(identity(a = 1) AND b, 2, 3)"),
        ("x OR f(a, 'AND') > 0 AS y", "x OR identity(f(a, 'AND') > 0) AS y"),
        ("a + c[1] = 0 AND -- Is't.\n'it''s (' != b", "identity(a + c[1] = 0) AND -- Is't.\nidentity('it''s (' != b)"),
        ("f(a = 1 AND (b < 2 OR c))", "f(identity(a = 1) AND (identity(b < 2) OR c))"),
        ("(n -> n = 4 AND a)", "(n -> identity(n = 4) AND a)"),
        # What the engine does not hash stays as it is.
        ("a = '' OR a = b AND NOT c = 1 AND d IN (1, 2) AND e BETWEEN 1 AND 2", None),
        ("multiIf(a = 1, b, c > 2, d)", None),
        ("if(f(a) AS g > 0 AND b, c, d)", None),
    ],
)  # fmt: skip
def test_comparisons_with_constants_are_hidden_where_others_stand_beside(text: str, expected: str | None) -> None:
    assert with_opaque_comparisons(text) == (expected or text)


def test_what_inserts_plan_is_made_so() -> None:
    planned = [view for view in views() if view.name.startswith("views/ingest/")]
    made = {view.name: ";\n".join(view.statements) for view in planned}
    assert [name for name, text in made.items() if with_opaque_comparisons(text) != text] == []
    # What reads tables by their keys is left as it is.
    assert not [view.name for view in views() if view not in planned and "identity(" in view.text]
