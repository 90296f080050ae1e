"""Chargeback: by what, of whom, in which order, with totals, and whether it is everything."""

import csv
import io
from datetime import timedelta

import pytest
from harness.books import NOON

from spanledger_settings import figures

MONTH = ("--month", "2024-10")


def span(tenant="acme", **more):
    desk = more.pop("desk", "")
    raw = {"spanledger.dimension.desk": desk} if desk else {}
    none = dict.fromkeys(("session_id", "run_id", "provider_account", "service_tier"), "")
    return {"tenant_id": tenant, "input_tokens": 1000, "output_tokens": 100, "attribution_raw": raw, **none, **more}


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    books.book_alone(
        span(desk="emea", session_id="s1", run_id="r1", provider_account="a1", service_tier="batch"),
        span(desk="apac", session_id="s2", cloud_region="uksouth"),
        span("globex", desk="emea"),
        span("globex"),
    )


@pytest.fixture
def rows(spanledger):
    def read(*line):
        return list(csv.DictReader(io.StringIO(spanledger("chargeback", *MONTH, *line, "--format", "csv"))))

    return read


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("month", {"2024-10"}),
        ("hour", {"2024-10-08T12:00+0000"}),
        ("session", {"s1", "s2", ""}),
        ("run", {"r1", ""}),
        ("region", {"uksouth", ""}),
        ("account", {"a1", ""}),
        ("service_tier", {"batch", ""}),
        ("desk", {"emea", "apac", ""}),
    ],
)
def test_calls_are_told_apart_by_each_dimension(rows, by, values):
    found = rows("--by", by)
    assert {row[by] for row in found} == values
    assert sum(int(row["calls"]) for row in found) == 4


def test_the_columns_are_in_the_order_asked(rows):
    assert list(rows("--by", "model,desk,tenant,month")[0])[:4] == ["model", "desk", "tenant", "month"]


def test_only_the_tenants_asked_for_are_billed(rows):
    assert {row["tenant"] for row in rows("--tenant", "globex")} == {"globex"}
    assert len(rows("--tenant", "globex", "--tenant", "acme")) == 2


def test_calls_are_filtered_by_a_dimension_of_ones_own(rows):
    found = rows("--where", "desk=emea")
    assert {row["tenant"]: row["calls"] for row in found} == {"acme": "1", "globex": "1"}


def test_emissions_are_told_apart_and_filtered_by_a_dimension_of_ones_own(spanledger):
    def emitted(*line):
        return list(csv.DictReader(io.StringIO(spanledger("carbon", *MONTH, *line, "--format", "csv"))))

    by_desk = emitted("--by", "model,desk")
    assert list(by_desk[0])[:2] == ["model", "desk"]
    assert {row["desk"]: row["calls"] for row in by_desk} == {"emea": "2", "apac": "1", "": "1"}
    [whole] = emitted("--by", "month")
    emea = sum(float(row["co2e_kg"]) for row in emitted("--where", "desk=emea"))
    assert emea == pytest.approx(float(next(row["co2e_kg"] for row in by_desk if row["desk"] == "emea")))
    assert sum(float(row["co2e_kg"]) for row in by_desk) == pytest.approx(float(whole["co2e_kg"]))
    assert "desk" in spanledger("carbon", *MONTH, "--by", "desk", "--format", "table")
    assert "meant desk?" in spanledger("carbon", *MONTH, "--by", "dsek", fails=True).replace("\n", "")


def test_a_dimension_of_ones_own_is_in_the_calls(books):
    by_desk = "SELECT dimensions['desk'] AS desk, count() AS n FROM calls GROUP BY desk ORDER BY desk"
    assert books.store.rows(by_desk) == [
        {"desk": "", "n": 1}, {"desk": "apac", "n": 1}, {"desk": "emea", "n": 2},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("--tenant", "globx"), "--tenant 'globx': no call has that tenant; meant globex?"),
        (("--by", "dsek"), "--by 'dsek': no call has that dimension; meant desk?"),
        (("--by", "sesion"), "meant session"),
        (("--where", "dsk=emea"), "meant desk?"),
        (("--tenant", "nobody"), "there are acme, globex"),
    ],
)
def test_a_name_that_no_call_has_is_refused_with_the_nearest(spanledger, line, told):
    assert told in spanledger("chargeback", *MONTH, *line, fails=True).replace("\n", "")


def test_every_figure_has_a_total(spanledger):
    printed = spanledger("chargeback", *MONTH, "--format", "table").splitlines()
    figures = next(line for line in printed if line.strip().startswith("acme"))
    total = next(line for line in printed if line.strip().startswith("total"))
    assert len(total.split()) == len(figures.split())


def test_the_total_of_an_interval_is_the_wholes(spanledger):
    """The ends of tenants' intervals do not add up: what they have in common errs once."""

    def ends(command):
        printed = spanledger(command, *MONTH, "--by", "month", "--format", "csv")
        return [next(csv.DictReader(io.StringIO(printed)))[name] for name in ("co2e_kg_low", "co2e_kg_high")]

    printed = spanledger("chargeback", *MONTH, "--by", "tenant,desk", "--format", "table").splitlines()
    total = next(line for line in printed if line.strip().startswith("total")).split()
    assert total[-2:] == [figures.in_a_column(float(end)) for end in ends("chargeback")]
    assert ends("chargeback") == ends("carbon")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("chargeback", "--where", "desk=latam"), "no calls of desk=latam in the ledger for"),
        (("chargeback", "--tenant", "acme", "--where", "desk=latam"), "no calls of acme and desk=latam in"),
        (("carbon", "--where", "desk=latam"), "no calls of desk=latam in the ledger for"),
        (("agents",), "no calls of coding agents in the ledger for"),
    ],
)
def test_a_report_of_nobody_says_of_whom(spanledger, books, line, told):
    from harness.command import in_process

    printed = in_process(*line, *MONTH, data_dir=books.configuration.data_dir).stderr.replace("\n", " ")
    assert told in printed
    assert "in all it has 4 calls" in printed


def test_calls_that_wait_for_the_worker_make_a_partial_bill(spanledger, books):
    books.ingest(span())
    told = spanledger_told(books)
    assert "these figures are partial: 1 call came in and not into the ledger yet" in told
    books.enrich()
    assert "partial" not in spanledger_told(books)


def test_every_report_says_that_calls_wait(spanledger, books):
    from harness.command import in_process

    of_a_month = [
        ("agents",), ("carbon",), ("carbon", "sci"), ("carbon", "ghg"), ("carbon", "whatif", "--window", "1"),
        ("carbon", "yearly-error"), ("carbon", "statement"), ("commitments", "report"), ("quality",),
        ("whatif", "--price-factor", "0.9"), ("tenants", "rules"),
    ]  # fmt: skip
    reports = [
        *((*line, *MONTH) for line in of_a_month),
        ("prices", "missing"), ("grid", "zones"), ("sql", "SELECT count() FROM calls"),
        ("chargeback", "--tenant", "nobody"), ("explain", "0" * 32, "0" * 16),
    ]  # fmt: skip
    books.ingest(span())
    silent = [
        line
        for line in reports
        if "1 call came in and not into the ledger yet"
        not in in_process(*line, data_dir=books.configuration.data_dir).stderr.replace("\n", " ")
    ]
    books.enrich()
    assert not silent


def test_requests_that_wait_in_the_spool_make_a_partial_bill(spanledger, books):
    spool = books.configuration.spool
    spool.mkdir(exist_ok=True)
    (spool / "1.ready").write_bytes(b"x" * 1234)
    assert "1,234 bytes that senders were told are safe wait in" in spanledger_told(books)
    assert "no node runs" in spanledger_told(books)
    (spool / "1.ready").unlink()


def test_what_calls_of_unknown_cost_come_to_is_unknown(spanledger, books):
    later = NOON + timedelta(days=60)
    books.book(span(ts=later, request_model="nobody-prices-it"), span("globex", ts=later))
    printed = spanledger("chargeback", "--month", "2024-12", "--format", "csv")
    rows = {row["tenant"]: row for row in csv.DictReader(io.StringIO(printed))}
    costs = ("list_cost", "contracted_cost", "effective_cost", "billed_cost", "charged_cost")
    assert [rows["acme"][name] for name in costs] == [""] * 5
    assert len({rows["globex"][name] for name in costs}) == 1
    assert "effective" not in spanledger("chargeback", "--month", "2024-12", "--format", "table")


def spanledger_told(books):
    """What a bill tells beside its figures."""
    from harness.command import in_process

    done = in_process("chargeback", *MONTH, data_dir=books.configuration.data_dir)
    assert done.returncode == 0, done.stderr
    return done.stderr.replace("\n", " ")
