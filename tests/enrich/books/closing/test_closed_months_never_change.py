"""Whatever arrives, in whatever order: closed months stay, the books follow the ledger, and any day can be read."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import independent_verifier
import pytest
from harness.books import Books
from harness.examples import booked
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from spanledger_enrich.books.closing import chain, close
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.books.closing.statements import issued
from spanledger_enrich.books.closing.verification import verify
from spanledger_sql.store import statement

TABLES = ("book_event", "book_party", "book_entry", "book_line", "book_statement", "book_journal", "ledger")
# 30 November, 23:00 UTC, is December.
ZONE = ZoneInfo("Europe/Berlin")
MONTHS = ("2024-10", "2024-11", "2024-12")
ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
BALANCE = (
    "SELECT service_month AS month, tenant_id AS tenant, sum(cost) AS cost, sum(co2e_g) AS co2e_g, sum(calls) AS calls "
    "FROM book_entry INNER JOIN book_party USING (party) WHERE posting IN (SELECT posting FROM book_event) "
    "GROUP BY month, tenant HAVING (cost, co2e_g, calls) != (0, 0, 0)"
)
CENTS = st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 1000)
GRAMS = st.integers(0, 1000).map(lambda grams: grams / 8)


class Months(RuleBasedStateMachine):
    """A ledger that calls come into, are restated, moved and struck out of, and its books."""

    calls = Bundle("calls")

    def __init__(self, store, configuration):
        super().__init__()
        self.store, self.books = store, Books(store, configuration)
        for table in TABLES:
            store.execute(f"TRUNCATE TABLE {table}")
        self.ledger, self.kept, self.known = {}, {}, []

    @initialize(target=calls, cost=CENTS, grams=GRAMS)
    def first_call(self, cost, grams):
        number = self.call("acme", "2024-10", 1, 3, cost, grams)
        # The books begin with the month that is posted first.
        close.record(self.store, "2024-10", ANN, timezone=str(ZONE))
        return number

    @rule(target=calls, tenant=st.sampled_from(("acme", "globex")), month=st.sampled_from(MONTHS),
          day=st.sampled_from((1, 15, 30)), hour=st.sampled_from((3, 23)), cost=CENTS, grams=GRAMS)  # fmt: skip
    def call(self, tenant, month, day, hour, cost, grams):
        number = len(self.ledger) + 1
        self.ledger[number] = {
            "tenant_id": tenant, "ts": datetime(2024, int(month[5:]), day, hour, tzinfo=UTC), "list_cost": cost,
            "contracted_cost": cost, "price_status": "priced", "cost_center": "", "energy_wh": grams * 4,
            "energy_wh_low": grams * 2, "energy_wh_high": grams * 8, "co2e_g": grams, "co2e_g_low": grams / 2,
            "co2e_g_high": grams * 2, "counted": 1, "version": 1,
        }  # fmt: skip
        return self.write(number)

    @rule(number=calls, cost=CENTS)
    def reprice(self, number, cost):
        self.write(number, contracted_cost=cost)

    @rule(number=calls, grams=GRAMS)
    def restate_grid_hour(self, number, grams):
        self.write(number, co2e_g=grams, co2e_g_low=grams / 2, co2e_g_high=grams * 2)

    @rule(number=calls, tenant=st.sampled_from(("acme", "globex", "initech")))
    def attribute_otherwise(self, number, tenant):
        self.write(number, tenant_id=tenant)

    @rule(number=calls, counted=st.sampled_from((0, 1)))
    def give_another_verdict(self, number, counted):
        self.write(number, counted=counted)

    @rule()
    def post(self):
        until = max(MONTHS[-1], standing(chain.events(self.store)).open)
        event = close.record(self.store, until, ANN)
        assert self.balance() == self.expected()
        if event is not None:
            self.known.append((event.at, self.balance()))

    @precondition(lambda self: standing(chain.events(self.store)).open < "2025-03")
    @rule()
    def close_the_next_month(self):
        month = standing(chain.events(self.store)).open or "2024-10"
        close.soft(self.store, month, ANN, grace_days=0)
        close.hard(self.store, month, BOB)
        self.look_at_statements()

    @precondition(lambda self: standing(chain.events(self.store)).sealed)
    @rule()
    def reopen_the_last_month(self):
        month = standing(chain.events(self.store)).sealed
        close.ask_to_reopen(self.store, month, ANN, "an invoice came")
        close.reopen(self.store, month, BOB)

    def teardown(self):
        self.look_at_statements()
        assert verify(self.store).faults == ()
        assert independent_verifier.faults(self.store) == []
        self.post()
        for at, balance in self.known:
            rows = self.store.frame("reports/closing/balance", known=at, months=[], by=["month", "tenant"])
            found = {(row["month"], row["tenant"]): row["cost"] for row in rows.to_dict("records") if row["cost"]}
            assert found == {key: cost for key, (cost, _, _) in balance.items() if cost}

    def look_at_statements(self):
        """Each that was ever issued is the same, byte for byte."""
        for row in self.store.rows(statement("closing/statements/every_statement")):
            one = issued.Issued(row["document"], row["tenant"])
            kept = self.kept.setdefault(
                one.said["statement"], {form: one.as_bytes(form) for form in ("html", "csv", "json")}
            )
            assert kept == {form: one.as_bytes(form) for form in kept}
        names = [row["hash"] for row in self.store.rows(statement("closing/statements/every_statement"))]
        assert len(names) == len(self.kept)

    def write(self, number, **changes):
        """Write a call as it is now."""
        row = self.ledger[number]
        row.update(changes, version=row["version"] + 1)
        self.books.add({**row, "trace_id": f"{number:032x}", "span_id": f"{number:016x}"})
        return number

    def balance(self):
        """What the books have, by month and tenant."""
        return {
            (row["month"], row["tenant"]): (row["cost"], float(row["co2e_g"]), row["calls"])
            for row in self.store.rows(BALANCE)
        }

    def expected(self):
        """What the ledger has, by month and tenant, counted here."""
        sums = {}
        for row in self.ledger.values():
            month = f"{row['ts'].astimezone(ZONE):%Y-%m}"
            if row["counted"]:
                cost, grams, calls = sums.get((month, row["tenant_id"]), (Decimal(0), 0.0, 0))
                sums[month, row["tenant_id"]] = (cost + row["contracted_cost"], grams + row["co2e_g"], calls + 1)
        return sums


@pytest.mark.slow
def test_closed_months_never_change_whatever_arrives(store, configuration):
    run_state_machine_as_test(
        lambda: Months(store, configuration),
        settings=booked(8, stateful_step_count=12),
    )
