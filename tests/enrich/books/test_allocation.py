"""Commitments are allocated to the last digit, over the calls they cover, and again the same."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from harness.examples import booked
from harness.spooled import eventually
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books import allocation, charge, commitment
from spanledger_enrich.books.allocation import IDLE
from spanledger_enrich.books.charge import Charge
from spanledger_enrich.books.commitment import Commitment
from spanledger_enrich.books.upkeep import Upkeep
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.ledger.enrichment import enrich
from spanledger_enrich.ledger.lease import LeaseLost
from spanledger_sql.store import statement

DAY = datetime(2024, 10, 8, tzinfo=UTC)
PTU = {
    "commitment": "ptu", "kind": "reserved throughput", "amount": "24", "from": "2024-10-08", "to": "2024-10-09",
    "models": "gpt-4o",
}  # fmt: skip
TABLES = (
    "ledger", "llm_spans", "enrich_progress", "commitment", "allocation", "allocation_row", "charge", "charge_share",
    "charge_allocation",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_from_before(books):
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")


def call(hour, tenant="acme", **changes):
    return {
        "ts": DAY + timedelta(hours=hour, minutes=5), "tenant_id": tenant, "request_model": "gpt-4o",
        "input_tokens": 100, "output_tokens": 50, "duration_ms": 1500.0, "host_name": "", **changes,
    }  # fmt: skip


def allocate(books, **fields):
    commitment.record(books.store, [Commitment.model_validate({**PTU, **fields})], "a test")
    allocation.allocate(books.store, books.configuration)
    return books.store.rows("SELECT * FROM allocated_cost ORDER BY hour, trace_id, tenant_id")


def by_tenant(rows):
    return {
        tenant: sum(row["amount"] for row in rows if row["tenant_id"] == tenant)
        for tenant in {row["tenant_id"] for row in rows}
    }


def test_an_hour_is_shared_by_tokens_and_hours_without_calls_are_idle(books):
    books.book(call(0), call(0, "globex", input_tokens=250), call(0, "other", request_model="o1"))
    assert by_tenant(allocate(books)) == {
        "acme": Decimal("0.333333333333"),
        "globex": Decimal("0.666666666667"),
        IDLE: 23,
    }
    hours = books.report("commitments/over_time", grain="hour", timezone="UTC", commitments=[])
    assert [(row["used_cost"], row["idle_cost"]) for row in hours] == [(1, 0), *[(0, 1)] * 23]


def stands(books):
    october = {"from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00"}
    (row,) = books.store.rows(statement("lookups/progress/allocated_until"), **october)
    return row["commitments"], row["never"], row["until"]


def test_how_far_the_commitments_of_a_period_are_allocated(books):
    later = {"commitment": "later", "from": "2024-11-01", "to": "2024-11-02"}
    longer = {"commitment": "longer", "to": "2025-10-09"}
    record = [Commitment.model_validate({**PTU, **one}) for one in ({}, later, longer)]
    assert stands(books) == (0, 0, None)
    commitment.record(books.store, record, "a test")
    assert stands(books) == (2, 2, None)
    allocation.allocate(books.store, books.configuration, DAY + timedelta(days=3, hours=7, minutes=5))
    assert stands(books) == (2, 0, DAY + timedelta(days=3, hours=7))
    allocation.allocate(books.store, books.configuration)
    assert stands(books) == (2, 0, None)


def test_an_output_token_weighs_what_it_is_told_to(books):
    books.book(call(0), call(0, "globex", input_tokens=400, output_tokens=0))
    shares = by_tenant(allocate(books, policy="weighted_tokens", output_weight="6"))
    assert shares == {"acme": Decimal("0.5"), "globex": Decimal("0.5"), IDLE: 23}


def test_hardware_is_shared_by_time(books):
    books.book(call(0, host_name="gpu-1"), call(0, "globex", host_name="gpu-1", duration_ms=4500.0), call(0, "x"))
    shares = by_tenant(allocate(books, kind="hardware", models="", hosts="gpu-1", policy="duration"))
    assert shares == {"acme": Decimal("0.25"), "globex": Decimal("0.75"), IDLE: 23}


def test_what_calls_leave_of_the_capacity_is_idle(books):
    books.book(call(0))
    assert by_tenant(allocate(books, capacity="600")) == {"acme": Decimal("0.25"), IDLE: Decimal("23.75")}


def test_idle_cost_can_be_charged_to_one_owner(books):
    books.book(call(0))
    rows = allocate(books, idle="owner", idle_owner="platform")
    assert by_tenant(rows) == {"acme": 1, "platform": 23}
    assert {row["idle"] for row in rows if row["tenant_id"] == "platform"} == {1}


def test_idle_cost_can_be_shared_out_by_use(books):
    books.book(call(0), call(0, "globex"), call(1))
    assert by_tenant(allocate(books, idle="shared")) == {"acme": 18, "globex": 6}


def test_what_nobody_used_stays_idle_even_where_it_is_to_be_shared(books):
    assert by_tenant(allocate(books, idle="shared")) == {IDLE: 24}


def test_fixed_shares_need_no_calls(books):
    shares = by_tenant(allocate(books, kind="fee", models="", policy="fixed", shares="acme=0.7;globex=0.3"))
    assert shares == {"acme": Decimal("16.8"), "globex": Decimal("7.2")}


def test_calls_without_any_tokens_share_evenly(books):
    books.book(call(0, input_tokens=0, output_tokens=0), call(0, "globex", input_tokens=0, output_tokens=0))
    assert by_tenant(allocate(books)) == {"acme": Decimal("0.5"), "globex": Decimal("0.5"), IDLE: 23}


def test_hours_to_come_wait(books):
    commitment.record(books.store, [Commitment.model_validate(PTU)], "a test")
    [done] = allocation.allocate(books.store, books.configuration, DAY + timedelta(hours=6, minutes=30))
    assert done.amount == 6


def test_allocating_again_gives_the_same_and_late_calls_their_part(books):
    books.book(call(0), call(3, "globex"))
    first = allocate(books)
    assert allocate(books) == first
    books.book(call(0, "late"))
    again = allocate(books)
    assert by_tenant(again)["late"] == Decimal("0.5")
    assert sum(row["amount"] for row in again) == 24


def book_behind(books, *spans):
    """Book calls as a worker does that is killed before it looks at commitments."""
    books.ingest(*spans)
    enrich(books.store, books.configuration, time.time_ns() // 1000)


def in_force(books):
    return {row["day"]: row["version"] for row in books.store.rows("SELECT day, version FROM allocation FINAL")}


@pytest.mark.parametrize("idle", ["own_line", "shared"])
def test_only_days_of_which_something_changed_are_allocated_anew(books, idle):
    books.book(call(0), call(30, "globex"), call(50))
    longer = {"to": "2024-10-11", "amount": "72", "idle": idle}
    allocate(books, **longer)
    before = in_force(books)
    allocation.allocate(books.store, books.configuration)
    assert in_force(books) == before
    book_behind(books, call(31, "late"))
    [again] = allocation.allocate(books.store, books.configuration)
    changed = {day for day, version in in_force(books).items() if before[day] != version}
    shared_out = {date(1970, 1, 1)} if idle == "shared" else set()
    assert (again.days, changed) == (1, {(DAY + timedelta(days=1)).date(), *shared_out})
    assert again.amount == sum(row["amount"] for row in books.store.rows("SELECT amount FROM allocated_cost")) == 72
    # A commitment that says something else, or ends sooner, leaves nothing of what it was.
    rows = allocate(books, to="2024-10-09", idle=idle)
    assert sum(row["amount"] for row in rows) == 24
    deadline = time.monotonic() + 20
    while (left := books.store.value("SELECT count() FROM allocation_row WHERE idle != 2")) != len(rows):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_the_worker_keeps_what_is_allocated_up_to_date(books):
    upkeep = Upkeep(books.store, books.configuration)
    morning = DAY + timedelta(hours=6, minutes=30)

    def shares(now=morning):
        changed = upkeep.follow(now=now)
        return changed, by_tenant(books.store.rows("SELECT * FROM allocated_cost"))

    assert shares() == (False, {})
    books.book(call(0), call(6, "early"))
    commitment.record(books.store, [Commitment.model_validate(PTU)], "a test")
    month = {"from": "2024-10-01", "to": "2024-11-01"}
    vat = {"charge": "vat", "kind": "tax", "amount": "6", "policy": "even", **month}
    charge.record(books.store, [Charge.model_validate(vat)], "a test")
    assert shares() == (True, {"acme": 1, IDLE: 5})
    assert shares() == (False, {"acme": 1, IDLE: 5})
    before = in_force(books)
    # A call of the hour that goes on is for the next hour to allocate, and has its part of the charge at once.
    book_behind(books, call(6, "globex"))
    assert shares() == (True, {"acme": 1, IDLE: 5})
    assert in_force(books) == before
    # What is no longer in force goes behind the answer.
    eventually(lambda: books.store.value("SELECT count() FROM charge_share") == 3)
    told = (True, {"acme": 1, "early": Decimal("0.5"), "globex": Decimal("0.5"), IDLE: 5})
    assert shares(morning + timedelta(hours=1)) == told
    # What is written of a call anew, with another tenant, a version that is no batch's.
    books.store.execute(
        "INSERT INTO ledger SELECT * REPLACE ('hooli' AS tenant_id, version + 1 AS version) "
        "FROM (SELECT * FROM ledger FINAL WHERE tenant_id = 'early')"
    )
    assert shares(morning + timedelta(hours=1))[1] == {
        "acme": 1,
        "hooli": Decimal("0.5"),
        "globex": Decimal("0.5"),
        IDLE: 5,
    }


def test_an_allocation_that_another_worker_took_over_changes_nothing(books):
    books.book(call(0))
    rows = allocate(books)
    book_behind(books, call(1, "globex"))

    def lost():
        raise LeaseLost("another worker")

    with pytest.raises(LeaseLost):
        allocation.allocate(books.store, books.configuration, still_mine=lost)
    assert books.store.rows("SELECT * FROM allocated_cost ORDER BY hour, trace_id, tenant_id") == rows
    assert by_tenant(allocate(books)) == {"acme": 1, "globex": 1, IDLE: 22}


def test_a_covered_call_is_not_charged_twice(books):
    books.book(call(0), call(0, "globex", request_model="gpt-4o-mini"))
    allocate(books)
    frame = books.store.frame(
        "reports/commitments/by_tenant", **{"from": DAY, "to": DAY + timedelta(days=1)}
    ).set_index("tenant")
    usage = books.store.value("SELECT contracted_cost FROM calls WHERE tenant_id = 'globex'")
    assert (frame.loc["acme", "usage_cost"], frame.loc["acme", "covered_calls"]) == (0, 1)
    assert frame.loc["acme", "covered_cost"] > 0
    assert frame.loc["acme", "effective_cost"] == 1
    assert frame.loc["globex", "effective_cost"] == usage
    assert frame.loc[IDLE, "idle_cost"] == 23
    assert frame["effective_cost"].sum() == 24 + usage


def owed(books):
    frame = books.store.frame("reports/commitments/by_tenant", **{"from": DAY, "to": DAY + timedelta(days=1)})
    return {row["tenant"]: row for row in frame.to_dict("records")}


def test_the_list_tells_what_is_allocated_and_what_of_it_nobody_used(books):
    books.book(call(0))
    allocate(books)
    [listed] = books.store.frame("reports/commitments/charged").to_dict("records")
    assert (listed["allocated"], listed["idle_cost"]) == (24, 23)
    assert (listed["covers"], listed["pays_usage"]) == ("gpt-4o", 1)


def test_a_commitment_that_names_no_calls_pays_for_none(books):
    [booked] = books.book(call(0))
    allocate(books, kind="fee", models="", policy="fixed", shares="acme=1", covers_usage=True)
    acme = owed(books)["acme"]
    assert (acme["covered_calls"], acme["covered_cost"]) == (0, 0)
    assert acme["usage_cost"] == booked["contracted_cost"] > 0
    assert acme["effective_cost"] == acme["usage_cost"] + 24


@pytest.mark.parametrize(
    ("names", "covered"),
    [
        ({"models": "gpt-4o"}, {"acme", "globex"}),
        ({"models": "", "providers": "azure.ai.openai"}, {"globex"}),
        ({"models": "", "hosts": "gpu-1"}, {"acme"}),
        ({"models": "", "accounts": "a-1"}, {"globex"}),
        ({"models": "gpt-4o", "tenants": "acme"}, {"acme"}),
        ({"models": "gpt-4o", "from": "2024-10-08T01:00"}, {"globex"}),
        ({"models": "gpt-4o", "to": "2024-10-08T01:00"}, {"acme"}),
    ],
)
def test_a_commitment_pays_for_the_calls_that_it_names_in_its_time(books, names, covered):
    books.book(
        call(0, host_name="gpu-1", provider_account=""),
        call(1, "globex", provider="azure.ai.openai", provider_account="a-1"),
        call(2, "other", request_model="o1", provider_account=""),
    )
    allocate(books, **names)
    found = owed(books)
    assert {tenant for tenant, row in found.items() if row["covered_calls"]} == covered
    assert all((row["usage_cost"] == 0) == (tenant in {*covered, IDLE}) for tenant, row in found.items())


def test_another_currency_is_turned_into_usd_at_the_rate_of_the_first_day(books):
    rates = [("2024-01-01", "1.1"), ("2024-10-08", "1.0973"), ("2024-10-09", "2")]
    books.store.insert(
        "exchange_rate",
        [
            {"currency": "EUR", "valid_from": datetime.fromisoformat(day).replace(tzinfo=UTC), "usd": Decimal(usd)}
            for day, usd in rates
        ],
    )
    rows = allocate(books, amount="24.01", currency="EUR")
    assert sum(row["amount"] for row in rows) == Decimal("24.01") * Decimal("1.0973")
    [listed] = books.store.frame("reports/commitments/charged").to_dict("records")
    assert listed["amount"] == Decimal("26.346173")
    assert listed["given"] == "24.01 EUR at 1.0973 USD"
    again = [Commitment.model_validate({**PTU, "amount": "24.01", "currency": "EUR"})]
    assert commitment.record(books.store, again, "a test") == 0


def test_a_currency_without_a_rate_is_refused_and_nothing_imported(books):
    known = Commitment.model_validate({**PTU, "commitment": "first"})
    unknown = Commitment.model_validate({**PTU, "currency": "CHF"})
    with pytest.raises(ImportFileError, match="commitment 'ptu': currency: there is no exchange rate of CHF"):
        commitment.record(books.store, [known, unknown], "a.yaml")
    assert books.store.value("SELECT count() FROM commitment") == 0


@pytest.mark.parametrize("policy", ["tokens", "weighted_tokens", "duration", "even", "fixed"])
@pytest.mark.parametrize("idle", ["own_line", "shared", "owner"])
def test_every_policy_and_every_bearer_of_idle_cost_come_to_the_amount(books, policy, idle):
    books.book(call(0), call(0, "globex", input_tokens=77), call(2, "initech", duration_ms=1.7))
    rows = allocate(
        books, amount="1000.000000000003", policy=policy, output_weight="3.7", capacity="1000", idle=idle,
        idle_owner="owner" if idle == "owner" else "",
        shares="acme=0.333333;globex=0.666667" if policy == "fixed" else "",
    )  # fmt: skip
    assert sum(row["amount"] for row in rows) == Decimal("1000.000000000003")
    bearers = {row["tenant_id"] for row in rows if row["idle"]}
    expected = {"own_line": {IDLE}, "shared": {"acme", "globex", "initech"}, "owner": {"owner"}}
    assert bearers == (set() if policy == "fixed" else expected[idle])


@given(
    amount=st.decimals(0, 10**9, places=12),
    hours=st.integers(1, 60),
    calls=st.lists(
        st.tuples(st.integers(0, 59), st.sampled_from("abc"), st.integers(0, 10**7), st.integers(0, 10**6)), max_size=20
    ),
    policy=st.sampled_from(["tokens", "weighted_tokens", "duration", "even", "fixed"]),
    capacity=st.one_of(st.just(0), st.integers(1, 10**9)),
    idle=st.sampled_from(["own_line", "shared", "owner"]),
    batch=st.integers(1, 30),
)
@booked(10)
def test_the_parts_of_every_hour_sum_to_its_cost_exactly(
    books, configure, amount, hours, calls, policy, capacity, idle, batch
):
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")
    configure(batch_calls=500_000)
    books.ingest(
        *(
            call(hour, tenant, input_tokens=tokens, output_tokens=tokens // 3, duration_ms=ms / 7)
            for hour, tenant, tokens, ms in calls
        )
    )
    books.enrich()
    configure(batch_calls=batch)
    rows = allocate(
        books, amount=str(amount), to=(DAY + timedelta(hours=hours)).isoformat(), policy=policy, output_weight="3.7",
        capacity=str(capacity), idle=idle, idle_owner="owner" if idle == "owner" else "",
        shares="a=0.333333;b=0.333333;c=0.333334" if policy == "fixed" else "",
    )  # fmt: skip
    assert sum(row["amount"] for row in rows) == amount
    assert min((row["amount"] for row in rows), default=Decimal(0)) >= 0
    by_hour = {}
    for row in rows:
        by_hour[row["hour"]] = by_hour.get(row["hour"], 0) + row["amount"]
    # The hours differ by one unit of the last digit at most.
    assert max(by_hour.values()) - min(by_hour.values()) <= Decimal("1e-12")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("amount", "much", ":2: amount: 'much'"),
        ("amount", "-5", ":2: amount: '-5'"),
        ("kind", "lease", ":2: kind: 'lease'"),
        ("currency", "euros", ":2: currency: 'euros'"),
        ("from", "October", ":2: from: 'October': expected a date"),
        ("to", "2024-10-08", ":2: to: expected a time after from"),
        ("to", "2024-10-09T00:30", ":2: to: expected a full hour"),
        ("shares", "acme=1", ":2: shares: expected for the policy 'fixed'"),
        ("policy", "weighted_tokens", ":2: output_weight: expected"),
        ("idle", "owner", ":2: idle_owner: expected"),
        ("models", "", ":2: providers, accounts, models, hosts, agents or users: expected"),
        ("colour", "red", ":2: colour"),
    ],
)
def test_a_wrong_field_is_named_with_its_file_and_row(tmp_path, field, value, complaint):
    fields = {**PTU, field: value}
    path = tmp_path / "commitments.csv"
    path.write_text(",".join(fields) + "\n" + ",".join(fields.values()) + "\n")
    with pytest.raises(ImportFileError, match=f"commitments.csv{complaint}"):
        commitment.read(path)


def test_csv_and_yaml_say_the_same(tmp_path):
    csv, yaml = tmp_path / "one.csv", tmp_path / "one.yaml"
    fields = {**PTU, "models": "gpt-4o;gpt-4o-mini"}
    csv.write_text(",".join(fields) + "\n" + ",".join(fields.values()) + "\n")
    yaml.write_text("- {commitment: ptu, kind: reserved throughput, amount: 24, from: 2024-10-08, to: 2024-10-09,\n"
                    "   models: [gpt-4o, gpt-4o-mini]}\n")  # fmt: skip
    assert commitment.read(csv) == commitment.read(yaml)
