"""Dimensions of one's own are dimensions in every report over calls: `--by desk`, `--where desk=emea`."""

import csv
import io

import pytest

MONTH = ("--month", "2024-10")
REPORTS = {
    "chargeback": (("chargeback",), "calls"),
    "carbon": (("carbon",), "calls"),
    "sci": (("carbon", "sci"), "calls"),
    "ghg": (("carbon", "ghg"), "calls"),
    "carbon-whatif": (("carbon", "whatif", "--window", "1"), "calls"),
    "yearly-error": (("carbon", "yearly-error"), "not_hourly_calls"),
    "whatif": (("whatif", "--cache-hit-rate", "0.5"), "calls"),
}


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    def span(tenant, model, **dimensions):
        raw = {f"spanledger.dimension.{name}": value for name, value in dimensions.items()}
        used = {"input_tokens": 1000, "output_tokens": 100, "cloud_region": "uksouth", "provider": "azure.ai.openai"}
        return {"tenant_id": tenant, "request_model": model, "attribution_raw": raw, **used}

    books.book_alone(
        span("acme", "gpt-4o", desk="emea"),
        span("acme", "gpt-4o-mini", desk="apac"),
        span("globex", "gpt-4o", desk="emea", calls="many", self="x"),
        span("globex", "gpt-4o", **{"team=lead": "o'b=c"}),
    )


@pytest.fixture(params=REPORTS)
def report(request, spanledger):
    """Rows of a report, and which column of it counts each call once."""
    line, counts = REPORTS[request.param]

    def read(*options, fails=False):
        printed = spanledger(*line, *MONTH, *options, "--format", "csv", fails=fails)
        return printed if fails else list(csv.DictReader(io.StringIO(printed)))

    return read, counts


def test_calls_are_told_apart_by_it(report):
    read, counts = report
    found = read("--by", "model,desk")
    names = list(found[0])
    assert names.index("desk") == names.index("model") + 1
    assert {row["desk"]: sum(int(one[counts]) for one in found if one["desk"] == row["desk"]) for row in found} == {
        "emea": 2, "apac": 1, "": 1,
    }  # fmt: skip


def test_calls_are_filtered_by_it(report):
    read, counts = report
    found = read("--by", "tenant", "--where", "desk=emea")
    assert {row["tenant"]: int(row[counts]) for row in found} == {"acme": 1, "globex": 1}


def test_its_name_and_its_value_may_have_the_sign_between_them(report):
    read, counts = report
    assert [int(row[counts]) for row in read("--where", "team=lead=o'b=c", "--by", "tenant")] == [1]


def test_a_slip_in_its_name_is_told(report):
    read, _ = report
    assert "meant desk?" in read("--by", "dsek", fails=True).replace("\n", "")


def test_a_name_that_the_report_has_for_a_figure_hides_no_figure(report):
    read, counts = report
    if counts == "calls":
        assert "'calls': the report has a column of that name" in read("--by", "calls", fails=True).replace("\n", "")
    assert {row["self"] for row in read("--by", "self")} == {"x", ""}


def test_a_what_if_is_told_apart_by_what_was_recorded(spanledger):
    printed = spanledger("whatif", *MONTH, "--model", "gpt-4o=gpt-4o-mini", "--by", "model,feature", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert list(rows[0])[:3] == ["model", "feature", "calls"]
    assert {row["model"]: row["calls"] for row in rows} == {"gpt-4o": "3", "gpt-4o-mini": "1"}


def test_a_what_if_of_nobody_says_so(spanledger):
    told = spanledger("whatif", *MONTH, "--cache-hit-rate", "0.5", "--where", "desk=latam", fails=True)
    assert "no calls in the ledger for that scope" in told


def test_a_title_tells_the_interval_of_all_whatever_the_breakdown(spanledger):
    titles = set()
    for by in ("model", "desk"):
        printed = spanledger("carbon", *MONTH, "--by", by, "--format", "table")
        titles.add(printed.strip().splitlines()[0])
    [title] = titles
    assert "at 90 %" in title
