"""Reports say the same from sums of hours and days as from the calls."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from ledger_sample import WRITTEN, ledger_sample

from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_sql.store import Store, statement

OCTOBER = {"from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00"}
PAGE: dict[str, Any] = {
    **OCTOBER, "timezone": "UTC", "tenants": [], "own": "", "own_values": [], "where": [], "moment": WRITTEN,
    "names": 4, "series": 3, "rows": 1000, "grain": "day", "dimension": "model",
}  # fmt: skip
BY: dict[str, Any] = {**OCTOBER, "timezone": "UTC", "custom": [], "tenants": [], "where_names": [], "where_values": []}
BERLIN = {"timezone": "Europe/Berlin", "from": "2024-09-30 22:00:00", "to": "2024-10-31 23:00:00"}
HALVES = {"from": "2024-10-15 22:00:00", "before_from": "2024-09-30 22:00:00", "before_to": "2024-10-15 22:00:00"}
BUDGET: dict[str, Any] = {"scope": "total", "dimension": "", "names": [""]}
ELSEWHERE = {"zones": ["", "DE"], "waits": [0, 2], "signal": "average", "basis": "lifecycle", "booked": 1}
# What a report is asked, and the same with something beside that no sums tell apart and no call has.
PAGES, BY_ANYTHING = {"own": "user"}, {"custom": ["user"]}
ASKED = [
    *(
        (name, PAGE, PAGES)
        for name in ("finance/headline", "finance/breakdown", "finance/trend", "finance/gaps",
                     "chargeback/chargeback_table", "sustainability/headline", "sustainability/breakdown",
                     "sustainability/trend", "sustainability/hours", "sustainability/coverage")
    ),
    ("finance/trend", {**PAGE, **BERLIN}, PAGES),
    ("sustainability/trend", {**PAGE, **BERLIN}, PAGES),
    ("sustainability/trend", {**PAGE, **BERLIN, "grain": "week"}, PAGES),
    ("sustainability/hours", {**PAGE, "timezone": "Asia/Kolkata"}, PAGES),
    ("calls/found", {**PAGE, "text": "", "state": "", "rows": 40}, PAGES),
    ("calls/found", {**PAGE, "text": "", "state": "without emissions", "rows": 4}, PAGES),
    ("sustainability/elsewhere", {**PAGE, **ELSEWHERE}, PAGES),
    ("attribution/quality", PAGE, PAGES),
    ("attribution/quality", {**PAGE, "where": ["model", "model=gpt-4o-2024-08-06"]}, PAGES),
    ("calls/dearest", {**PAGE, "rows": 40}, PAGES),
    ("calls/dearest", {**PAGE, "tenants": ["northwind"], "rows": 5}, PAGES),
    ("chargeback/chargeback", {**BY, "by": ["tenant", "model", "zone"]}, BY_ANYTHING),
    ("chargeback/chargeback", {**BY, **BERLIN, "by": ["month", "day", "feature"]}, BY_ANYTHING),
    ("carbon/report", {**BY, **BERLIN, "by": ["hour_of_day", "energy_method"]}, BY_ANYTHING),
    ("budgets/cost_by_day", {**BERLIN, **BUDGET}, {"dimension": "user"}),
    ("budgets/use_by_day", {**BERLIN, **BUDGET, "unit": "tokens"}, {"dimension": "user"}),
    ("finance/movers", {**PAGE, **HALVES, "by": ["tenant", "model"]}, PAGES),
]  # fmt: skip


# Of reports that no parameter has read call by call: asked before there are sums, and after.
TAKES: dict[str, dict[str, Any]] = {
    "filters/choices": {"values": 5},
    "filters/own_values": {"own": "desk", "values": 5},
    "finance/unit_costs": {**OCTOBER, "by": ["tenant", "cost_center", "model"]},
    "finance/plans": {**OCTOBER, "timezone": "UTC", "tenants": []},
    "finance/tag_coverage": {**OCTOBER, "by": ["tenant", "service", "model"]},
    "finance/waste": {**OCTOBER, "by": ["tenant", "model"]},
    "finance/owners": OCTOBER,
}
# A tenant's owners: within an hour, from a full hour, from midnight of a zone of quarters of hours.
MOVED = {
    "northwind": ("2024-10-10 10:20:30", "ann"), "quarry": ("2024-10-20 12:00:00", "bob"),
    "studio-nine": ("2024-10-15 18:15:00", "cid"),
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """The sample, with both names that a call without a tenant may have in the ledger."""
    frame = ledger_sample(3000)
    untold = frame.index[frame["tenant_id"] == "(unattributed)"]
    frame.loc[untold[::2], "tenant_id"] = ""
    return frame


def test_what_is_read_from_sums_is_what_calls_say(sample_store: Store, request: pytest.FixtureRequest) -> None:
    def asked() -> list[Any]:
        found = []
        for moved in ((), ("quarry",), tuple(MOVED)):
            sample_store.execute("TRUNCATE TABLE tenant_period")
            for tenant in moved:
                at, owner = MOVED[tenant]
                period = {"tenant_id": tenant, "valid_from": at, "valid_to": "2261-01-01 00:00:00", "cost_center": ""}
                sample_store.insert(
                    "tenant_period", [{**period, "owner": owner, "name": "", "source": "", "removed": 0}]
                )
            found.append([sample_store.rows(statement(f"reports/{name}"), **given) for name, given in TAKES.items()])
        # Of sums alone where there are some.
        briefly = [sample_store.frame(f"reports/{name}", **given) for name, given in TAKES.items()]
        for (name, given), frame in zip(TAKES.items(), briefly, strict=True):
            whole = sample_store.query_frame(statement(f"reports/{name}"), given)
            pd.testing.assert_frame_equal(frame.astype(object), whole.astype(object), rtol=1e-12, obj=name)
        return found

    from_calls = asked()
    request.getfixturevalue("summed")
    assert from_calls == asked()
    owned = {row["owner"]: row["calls"] for row in from_calls[-1][-1] if row["owner"]}
    assert owned == {
        owner: sample_store.value(f"SELECT sum(known_calls) FROM calls WHERE tenant_id = '{tenant}' AND ts >= '{at}'")
        for tenant, (at, owner) in MOVED.items()
    }


@pytest.fixture
def summed(sample_store: Store) -> Store:
    while sum_hours(sample_store, ["Europe/Berlin"], quiet_s=0, margin_s=0):
        pass
    for period, grain, timezone, kinds in (
        (OCTOBER, "period", "UTC", {24}),
        (BERLIN, "day", "Europe/Berlin", {24, 25}),
    ):
        asked = (
            f"from = '{period['from']}', to = '{period['to']}', moment = {{moment:DateTime64(6, 'UTC')}}, "
            f"grain = '{grain}', "
            f"timezone = '{timezone}', told = []"
        )
        read = sample_store.value(
            f"SELECT groupUniqArray(hours * is_summed) FROM ledger_standing({asked})", moment=WRITTEN
        )
        assert set(read) == kinds
    return sample_store


def test_reports_are_the_same_from_sums_and_from_calls(summed: Store) -> None:
    for name, asked, beside in ASKED:
        text = statement(f"reports/{name}")
        parameters = {key: value for key, value in asked.items() if f"{{{key}:" in text}
        frames = [
            ask(text, {**parameters, **more}).drop(columns=["own", "custom"], errors="ignore")
            for ask, more in ((summed.query_frame, {}), (summed.query_frame, beside), (summed.report_frame, {}))
        ]
        if "by" in asked:
            # Rows of the same cost come in any order.
            frames = [frame.sort_values(asked["by"], ignore_index=True) for frame in frames]
        # To the last digit but for floats, whose sums depend on the order of their rows.
        for frame in frames[1:]:
            pd.testing.assert_frame_equal(frames[0], frame, rtol=1e-12, obj=f"{name} {asked}")
        # What is known of all may be told as such where less is read.
        types = [
            {column: re.sub(r"^Nullable\((.*)\)$", r"\1", kind) for column, kind in frame.attrs["types"].items()}
            for frame in (frames[0], frames[2])
        ]
        assert types[0] == types[1]
        assert len(frames[0])


@pytest.mark.parametrize(
    ("scope", "of_call"),
    [
        ("total", "''"),
        ("tenant", "if(tenant_id = '', '(unattributed)', tenant_id)"),
        ("feature", "feature"),
        ("cost_center", "cost_center"),
        ("model", "model"),
        ("dimension", "dimensions['desk']"),
    ],
)
def test_budgets_count_the_tokens_of_whom_they_name(sample_store: Store, scope: str, of_call: str) -> None:
    asked: dict[str, Any] = {**BERLIN, "scope": scope, "dimension": "desk" if scope == "dimension" else ""}
    used = {
        row["name"]: row["tokens"]
        for row in sample_store.rows(
            f"SELECT {of_call} AS name, sum(input_tokens + output_tokens) AS tokens FROM calls "
            f"WHERE ts >= '{BERLIN['from']}' AND ts < '{BERLIN['to']}' GROUP BY name"
        )
    }
    assert used
    for names in ([*used, "nobody"], [max(used, key=lambda name: used[name])], ["nobody"]):
        found = sample_store.frame("reports/budgets/use_by_day", **asked, names=names, unit="tokens")
        counted = {name: int(days["amount"].sum()) for name, days in found.groupby("name")}
        assert counted == {name: used[name] for name in names if name in used}
