"""What changes of a closed month is an entry of the open one that names the call and why."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from harness.books import NOON

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.verification import verify
from spanledger_sql.store import statement

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
KEY = f"{1:032x}/{1:016x}"
CALL = {
    "trace_id": f"{1:032x}", "span_id": f"{1:016x}", "cost_center": "cc-1", "price_status": "priced",
    "list_cost": Decimal("2.5"), "contracted_cost": Decimal("2.25"), "energy_wh": 8.0, "energy_wh_low": 4.0,
    "energy_wh_high": 16.0, "co2e_g": 2.0, "co2e_g_low": 1.0, "co2e_g_high": 4.0,
}  # fmt: skip
CHANGES = {
    "price": ({"contracted_cost": Decimal("2.00")}, [("price", Decimal("-0.25"), Decimal(0))]),
    "grid": ({"co2e_g": 2.5}, [("grid", Decimal(0), Decimal("0.5"))]),
    "energy": ({"energy_wh": 4.0, "co2e_g": 1.0}, [("energy", Decimal(0), Decimal(-1))]),
    "price and grid": (
        {"contracted_cost": Decimal("3.25"), "co2e_g": 1.5},
        [("grid", Decimal(0), Decimal("-0.5")), ("price", Decimal(1), Decimal(0))],
    ),
    "counts": ({"output_tokens": 20, "contracted_cost": Decimal("4.25")}, [("counts", Decimal(2), Decimal(0))]),
    "verdict": ({"counted": 0}, [("verdict", Decimal("-2.25"), Decimal(-2))]),
    "cost centre": (
        {"cost_center": "cc-2"},
        [("attribution", Decimal("-2.25"), Decimal(-2)), ("attribution", Decimal("2.25"), Decimal(2))],
    ),
    "tenant": (
        {"tenant_id": "globex"},
        [("attribution", Decimal("-2.25"), Decimal(-2)), ("attribution", Decimal("2.25"), Decimal(2))],
    ),
}


@pytest.fixture
def closed(own_books):
    own_books.fill(CALL)
    close.soft(own_books.store, "2024-10", ANN, grace_days=0)
    close.hard(own_books.store, "2024-10", BOB)
    return own_books


def posted(books):
    """The reason, cost and emissions of what is posted now; all of it is of the call, and booked in November."""
    event = close.record(books.store, "2024-10", ANN)
    if event is None:
        return []
    rows = books.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert {(row["month"], row["service_month"], row["key"]) for row in rows} <= {("2024-11", "2024-10", KEY)}
    assert verify(books.store).faults == ()
    return sorted((row["reason"], row["cost"], row["co2e_g"]) for row in rows)


def test_each_change_is_an_adjustment_that_says_why(closed):
    for version, (change, expected) in enumerate(CHANGES.values(), 2):
        closed.add({**CALL, **change, "version": 2 * version})
        assert posted(closed) == expected
        # And back again, so that each change is told apart from the others.
        closed.add({**CALL, "version": 2 * version + 1})
        assert sum(cost for _, cost, _ in expected) + sum(cost for _, cost, _ in posted(closed)) == 0


def test_what_a_commitment_pays_later_is_no_longer_charged_as_use(closed):
    closed.store.insert("commitment", [{
        "commitment_id": "ptu", "kind": "reserved", "amount": Decimal(10), "begins": datetime(2024, 10, 1, tzinfo=UTC),
        "ends": datetime(2024, 11, 1, tzinfo=UTC), "providers": ["openai"], "covers_usage": 1, "policy": "tokens",
    }])  # fmt: skip
    closed.store.insert("allocation_row", [{
        "commitment_id": "ptu", "version": 1, "hour": NOON.replace(minute=0), "tenant_id": "acme",
        "trace_id": CALL["trace_id"], "span_id": CALL["span_id"], "idle": 0, "amount": Decimal("0.75"),
    }])  # fmt: skip
    closed.store.insert(
        "allocation", [{"commitment_id": "ptu", "version": 1, "until": NOON, "allocated": Decimal("0.75")}]
    )
    event = close.record(closed.store, "2024-10", ANN)
    rows = closed.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert {row["cost_center"] for row in rows} == {"cc-1"}
    assert sorted((row["reason"], row["kind"], row["cost"], row["list_cost"]) for row in rows) == [
        ("allocation", "commitment", Decimal("0.75"), 0),
        ("commitment", "covered usage", 0, Decimal("2.5")),
        ("commitment", "usage", Decimal("-2.25"), Decimal("-2.5")),
    ]


def test_a_commitments_part_of_another_cost_centre_is_attributed_otherwise(closed):
    test_what_a_commitment_pays_later_is_no_longer_charged_as_use(closed)
    closed.add({**CALL, "cost_center": "cc-2", "version": 99})
    event = close.record(closed.store, "2024-10", ANN)
    rows = closed.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert sorted((row["reason"], row["kind"], row["cost_center"], row["cost"]) for row in rows) == [
        ("attribution", "commitment", "cc-1", Decimal("-0.75")), ("attribution", "commitment", "cc-2", Decimal("0.75")),
        ("attribution", "covered usage", "cc-1", 0), ("attribution", "covered usage", "cc-2", 0),
    ]  # fmt: skip
    # A larger part beside it is an allocation, whatever centre it is of.
    closed.add({**CALL, "cost_center": "cc-3", "version": 100})
    closed.store.execute("TRUNCATE TABLE allocation_row")
    closed.store.insert("allocation_row", [{
        "commitment_id": "ptu", "version": 1, "hour": NOON.replace(minute=0), "tenant_id": "acme",
        "trace_id": CALL["trace_id"], "span_id": CALL["span_id"], "idle": 0, "amount": Decimal("0.80"),
    }])  # fmt: skip
    event = close.record(closed.store, "2024-10", ANN)
    rows = closed.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert {row["reason"] for row in rows if row["kind"] == "commitment"} == {"allocation"}
    # So is a part of nothing, which comes out of no other centre.
    closed.store.insert("allocation_row", [{
        "commitment_id": "ptu", "version": 1, "hour": NOON.replace(minute=0) + timedelta(days=2), "tenant_id": "acme",
        "trace_id": "", "span_id": "", "idle": 0, "amount": Decimal(0),
    }])  # fmt: skip
    event = close.record(closed.store, "2024-10", ANN)
    rows = closed.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert [(row["reason"], row["kind"]) for row in rows] == [("allocation", "commitment")]


def test_idle_energy_of_a_metered_host_is_in_the_books(closed):
    closed.store.insert("idle_energy", [{
        "host_name": "gpu-1", "hour": NOON.replace(minute=0), "tenant_id": "acme", "energy_wh": 100.0,
        "energy_wh_low": 90.0, "energy_wh_high": 110.0, "co2e_g": 38.0, "co2e_g_low": 34.0, "co2e_g_high": 42.0,
    }])  # fmt: skip
    event = close.record(closed.store, "2024-10", ANN)
    [row] = closed.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert (row["reason"], row["kind"], row["co2e_g"], row["co2e_g_most"]) == ("late", "idle energy", 38, 42)


def test_months_begin_at_each_tenants_midnight(own_books):
    # 31 October, 23:30 in New York, is November in UTC and in Berlin.
    edge = {**CALL, "ts": datetime(2024, 11, 1, 3, 30, tzinfo=UTC)}
    own_books.fill(
        {**edge, "tenant_id": "acme", "span_id": f"{1:016x}"}, {**edge, "tenant_id": "globex", "span_id": f"{2:016x}"}
    )
    close.soft(
        own_books.store, "2024-10", ANN, grace_days=0, timezone="Europe/Berlin",
        tenant_zones={"acme": "America/New_York"},
    )  # fmt: skip
    query = "SELECT tenant_id, service_month FROM book_entry INNER JOIN book_party USING (party) ORDER BY tenant_id"

    def months():
        return [tuple(row.values()) for row in own_books.store.rows(query)]

    assert months() == [("acme", "2024-10")]
    close.record(own_books.store, "2024-11", ANN)
    assert months() == [("acme", "2024-10"), ("globex", "2024-11")]
    with pytest.raises(close.ClosingError, match="tenant 'acme' is in the books with the months of America/New_York"):
        close.record(own_books.store, "2024-11", ANN, tenant_zones={"acme": "UTC"})
    with pytest.raises(close.ClosingError, match="the books' months are those of Europe/Berlin"):
        close.record(own_books.store, "2024-11", ANN, timezone="UTC")


def test_a_months_charge_is_of_that_month_in_every_zone(own_books):
    own_books.store.insert("charge", [{
        "charge_id": "seats", "kind": "seats", "amount": Decimal(30), "begins": datetime(2024, 10, 1, tzinfo=UTC),
        "ends": datetime(2024, 11, 1, tzinfo=UTC), "provider": "anthropic", "policy": "even",
    }])  # fmt: skip
    shares = [
        {"charge_id": "seats", "version": 1, "tenant_id": tenant, "amount": Decimal(15)}
        for tenant in ("acme", "globex")
    ]
    own_books.store.insert("charge_share", shares)
    own_books.store.insert("charge_allocation", [{"charge_id": "seats", "version": 1}])
    zones = {"acme": "America/New_York", "globex": "Pacific/Auckland"}
    close.soft(own_books.store, "2024-10", ANN, grace_days=0, tenant_zones=zones)
    query = "SELECT service_month, kind, provider, model, cost FROM book_entry"
    assert [tuple(row.values()) for row in own_books.store.rows(query)] == [
        ("2024-10", "charge", "anthropic", "seats", 15)
    ] * 2
    # And in what is asked of its days and hours before it is closed.
    for tenant, zone in zones.items():
        for month, following, told in (("2024-09-01", "2024-10-01", []), ("2024-10-01", "2024-11-01", ["2024-10"])):
            period = {
                name: datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
                for name, day in (("from", month), ("to", following))
            }
            asked = {
                **period,
                "timezone": zone,
                "tenants": [tenant],
                "custom": [],
                "where_names": [],
                "where_values": [],
            }
            rows = own_books.store.rows(statement("reports/chargeback/beside_calls"), by=["month"], **asked)
            assert [(row["month"], row["charge_cost"]) for row in rows] == [(name, 15) for name in told]
            rows = own_books.store.rows(statement("reports/finance/plans"), **period, timezone=zone, tenants=[tenant])
            assert [(row["month"], row["effective_cost"]) for row in rows] == [(name, 15) for name in told]
            before = {"from": period["to"], "tenants": [tenant]}
            [left] = own_books.store.rows(statement("reports/chargeback/begun_before"), **before)
            assert left["charges"] == 0
