"""A restatement gives the ledger that enriching from scratch would have given, and changes no other row."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from spanledger_enrich.books import restatement, restatement_chunk
from spanledger_enrich.books.restatement import RestatementError
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.prices import price_list
from spanledger_enrich.worker import Worker

MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "our-own-7b")
FIGURES = "SELECT * EXCEPT (version, enriched_at) FROM ledger FINAL ORDER BY trace_id, span_id"
DOUBLED = (
    "INSERT INTO price_list SELECT * REPLACE (input_price * {by:UInt8} AS input_price, "
    "now64(6, 'UTC') AS loaded_at) FROM price_list FINAL WHERE model = {model:String}"
)


@pytest.fixture
def books(fresh_books):
    return fresh_books


def span(number, **changes):
    return {
        "ts": datetime(2024, 10, 31, tzinfo=UTC) + timedelta(hours=5 * number),
        "request_model": MODELS[number % 3],
        "tenant_id": ("acme", "globex")[number % 2],
        "input_tokens": 1000 * number,
        "output_tokens": 100,
        **changes,
    }


def restate(books, scope=None, **options):
    given = {"requested_by": "a test", "reason": "a test", **options}
    return restatement.restate(books.store, books.configuration, scope or Scope(), **given)


def multiply_input_price(books, by, model="gpt-4o"):
    books.store.execute(DOUBLED, {"by": by, "model": model})


def cost(books, where="1"):
    return books.store.value(f"SELECT sum(list_cost) FROM calls WHERE {where}")


def from_scratch(books):
    restated = books.store.rows(FIGURES)
    books.store.execute("TRUNCATE TABLE ledger")
    books.store.execute("TRUNCATE TABLE enrich_progress")
    Worker(books.store, books.configuration).catch_up()
    return restated, books.store.rows(FIGURES)


def test_a_changed_price_restates_the_calls_of_its_model_and_no_others(books):
    books.book(*(span(number) for number in range(12)))
    versions = "SELECT request_model, groupUniqArray(version) AS versions FROM ledger FINAL GROUP BY ALL"
    before = {row["request_model"]: row["versions"] for row in books.store.rows(versions)}
    multiply_input_price(books, 3)
    done = restate(books)
    after = {row["request_model"]: row["versions"] for row in books.store.rows(versions)}
    # The call without input costs what it did.
    assert done.changed_calls == 3
    assert {model for model in MODELS if before[model] != after[model]} == {MODELS[0]}
    restated, scratch = from_scratch(books)
    assert restated == scratch


def test_a_second_run_touches_nothing(books):
    books.book(*(span(number) for number in range(12)))
    multiply_input_price(books, 3)
    assert restate(books).changed_calls > 0
    rows = books.store.value("SELECT count() FROM ledger")
    assert restate(books).changed_calls == 0
    assert restate(books, Scope(changed=False)).changed_calls == 0
    assert books.store.value("SELECT count() FROM ledger") == rows


def test_a_run_without_changed_reference_data_computes_nothing(books):
    books.book(*(span(number) for number in range(4)))
    # As if an hour had gone by since prices and places were loaded.
    later = "ALTER TABLE ledger UPDATE enriched_at = enriched_at + INTERVAL 1 HOUR WHERE 1 SETTINGS mutations_sync = 2"
    books.store.execute(later)
    assert restate(books).examined_calls == 0
    books.store.execute(
        "INSERT INTO restatement SELECT * EXCEPT (updated_at) REPLACE (started_at + INTERVAL 1 HOUR AS started_at), "
        "now64(6, 'UTC') + INTERVAL 1 HOUR FROM restatement FINAL"
    )
    assert not restatement.reference_changed(books.store, books.configuration)
    multiply_input_price(books, 3)
    books.store.execute("ALTER TABLE restatement DELETE WHERE 1 SETTINGS mutations_sync = 2")
    assert restatement.reference_changed(books.store, books.configuration)


def test_a_dry_run_says_what_would_change_and_changes_nothing(books):
    books.book(*(span(number) for number in range(12)))
    multiply_input_price(books, 3)
    old = cost(books)
    preview = restate(books, dry_run=True)
    assert cost(books) == old
    [total] = books.store.rows(
        "SELECT sum(new_list_cost) - sum(old_list_cost) AS difference FROM restatement_total FINAL "
        "WHERE restatement_id = {id:String}",
        id=preview.restatement_id,
    )
    assert restate(books).changed_calls == preview.changed_calls
    assert cost(books) - old == total["difference"] > 0


def test_every_run_is_in_the_books_with_its_old_and_new_totals_by_month(books):
    books.book(*(span(number) for number in range(12)))
    old = {month: cost(books, f"toMonth(ts) = {month} AND request_model = '{MODELS[0]}'") for month in (10, 11)}
    multiply_input_price(books, 2)
    done = restate(books, requested_by="ada", reason="a corrected price")
    frame = books.store.frame(
        "reports/operations/restatements", restatement_id=done.restatement_id, previews=0, by_month=1, by_tenant=0
    )
    assert set(frame["requested_by"]) == {"ada"}
    assert set(frame["reason"]) == {"a corrected price"}
    assert set(frame["state"]) == {"done"}
    by_month = frame.set_index("month")
    free_of_input = Decimal("0.001")
    assert by_month.loc["2024-10", "old_cost"] == old[10] - free_of_input
    assert by_month.loc["2024-11", "old_cost"] == old[11]
    for month in (10, 11):
        new = cost(books, f"toMonth(ts) = {month} AND request_model = '{MODELS[0]}'")
        assert by_month.loc[f"2024-{month}", "difference"] == new - old[month]


def test_a_price_added_later_reaches_old_calls(books):
    books.book(*(span(number) for number in range(6)))
    books.store.execute("DELETE FROM price_list WHERE model = 'gpt-4o-mini'")
    restate(books)
    assert (
        books.store.value("SELECT groupUniqArray(price_status) FROM calls WHERE request_model LIKE 'gpt-4o-mini%'")[0]
        == "unpriced"
    )
    assert books.store.value("SELECT count() FROM calls WHERE list_cost = 0") == 0
    books.store.insert("price_list", [row for row in price_list.catalogue() if row["model"] == "gpt-4o-mini"])
    assert restate(books).changed_calls == 2
    assert books.store.value("SELECT count() FROM calls WHERE price_status = 'unpriced'") == 2


def test_a_newer_catalogue_reaches_names_that_it_did_not_know(books):
    books.book(*(span(number) for number in range(3)))
    books.store.execute(
        "INSERT INTO model_resolution (provider, request_model, response_model, note) VALUES "
        "('openai', 'gpt-4o-2024-08-06', '', 'not known then')"
    )
    assert restate(books).changed_calls == 0
    resolved = books.store.value(
        "SELECT price_model FROM model_resolution FINAL WHERE request_model = 'gpt-4o-2024-08-06'"
    )
    assert resolved == "gpt-4o"


def test_late_and_corrected_grid_hours_restate_the_calls_of_those_hours_and_those_that_their_mean_stands_in_for(books):
    calls = [span(0, cloud_region="eu-central-1", ts=datetime(2024, 10, 8, hour, 30, tzinfo=UTC)) for hour in range(4)]
    books.book(*calls)
    # A month's mean needs half of its hours.
    books.hours("DE", "2024-10-12T00:00", [450.0] * 372)
    books.hours("DE", "2024-10-08T01:00", [400.0, 500.0])
    # A month's mean stands in where at least half of its hours are there.
    books.hours("DE", "2024-10-09", [450.0] * 552)
    assert restate(books).changed_calls == 4
    found = books.store.rows("SELECT intensity_g_per_kwh AS g, intensity_resolution AS r FROM calls ORDER BY ts")
    mean = (pytest.approx(450), "month")
    assert [(row["g"], row["r"]) for row in found] == [mean, (400, "hour"), (500, "hour"), mean]
    books.hours("DE", "2024-10-08T02:00", [510.0])
    assert restate(books).changed_calls == 3
    assert books.store.value("SELECT max(intensity_g_per_kwh) FROM calls") == 510.0


def test_a_countrys_hours_restate_the_calls_of_its_zones(books):
    [call] = books.book(span(0, cloud_region="us-west-1", ts=datetime(2024, 10, 8, 1, 30, tzinfo=UTC)))
    assert (call["zone"], call["intensity_resolution"]) == ("US-CAL-CISO", "year")
    books.hours("US", "2024-10-08T01:00", [400.0])
    assert restate(books).changed_calls == 1
    found = books.store.rows("SELECT zone, intensity_g_per_kwh AS g, intensity_resolution AS r FROM calls")
    assert found == [{"zone": "US-CAL-CISO", "g": 400.0, "r": "hour"}]


def test_a_scope_bounds_what_is_computed(books):
    books.book(*(span(number) for number in range(12)))
    multiply_input_price(books, 3)
    october = Scope(end=datetime(2024, 11, 1, tzinfo=UTC), changed=False)
    assert restate(books, october).examined_calls == 5
    assert restate(books, Scope(tenants=("globex",), changed=False)).examined_calls == 6
    assert restate(books, Scope(models=(MODELS[1],), changed=False)).examined_calls == 4
    assert restate(books, Scope(providers=("nobody",), changed=False)).examined_calls == 0


@pytest.mark.parametrize("step", ["compute", "counted", "half written", "written"])
def test_a_killed_run_is_resumed_and_its_totals_are_whole(books, configure, monkeypatch, step):
    configure(batch_calls=5)
    books.book(*(span(number) for number in range(24)))
    old = cost(books)
    multiply_input_price(books, 3)
    with monkeypatch.context() as patched:
        patched.setattr(restatement, "work_off", killed_at(books, step))
        with pytest.raises(KeyboardInterrupt):
            restate(books, Scope(changed=False))
    done = restate(books)
    [resumed] = done.resumed
    restated, scratch = from_scratch(books)
    assert restated == scratch
    assert resumed.changed_calls == 7
    [total] = books.store.rows(
        "SELECT sum(new_list_cost) - sum(old_list_cost) AS difference, sum(new_calls) AS calls "
        "FROM restatement_total FINAL WHERE restatement_id = {id:String}",
        id=resumed.restatement_id,
    )
    assert total["difference"] == cost(books) - old
    assert total["calls"] == 7
    assert books.store.value("SELECT count() FROM restatement_call") == 0


def killed_at(books, step):
    """A chunk that ends in the middle of the second one, as a killed process would."""
    whole = restatement.work_off
    execute = books.store.execute

    def chunk(store, configuration, identity, one, **options):
        if one["chunk"] == 0:
            whole(store, configuration, identity, one, **options)
            return
        if step != "compute":
            whole(store, configuration, identity, one, counted=False, write=False)
        if step == "half written":
            execute(
                restatement.statement("books/restatement/restated").replace("LIMIT 1 BY trace_id, span_id", "LIMIT 1")
            )
        if step == "written":
            execute(restatement.statement("books/restatement/restated"))
        raise KeyboardInterrupt

    return chunk


def test_two_restatements_do_not_run_at_once(books):
    books.store.insert(
        "restatement",
        [{"restatement_id": "one", "started_at": datetime.now(UTC), "state": "running", "owner": "elsewhere:1"}],
    )
    with pytest.raises(RestatementError, match="restatement one is at work"):
        restate(books)


def test_deliveries_that_differ_settle_on_one_and_stay(books):
    one = {"trace_id": f"{7:032x}", "span_id": f"{7:016x}"}
    books.ingest(span(3, **one, output_tokens=100), span(3, **one, output_tokens=900))
    books.enrich()
    tokens = books.store.value("SELECT output_tokens FROM calls")
    multiply_input_price(books, 3)
    assert restate(books).changed_calls == 1
    assert books.store.value("SELECT output_tokens FROM calls") == tokens
    assert restate(books, Scope(changed=False)).changed_calls == 0


def test_what_the_worker_writes_while_a_restatement_computes_stays_in_force(books, monkeypatch):
    parent = {"trace_id": f"{77:032x}", "response_id": "resp_1"}
    books.ingest(span(3, **parent, span_id=f"{1:016x}"))
    books.enrich()
    multiply_input_price(books, 3)
    compute_again = restatement_chunk.compute_again
    began = time.time_ns()

    def overtaken(*arguments, **options):
        compute_again(*arguments, **options)
        # The worker's batch began, and took its version, before the restatement computed; it writes after that.
        monkeypatch.setattr(time, "time_ns", lambda: began)
        # The same call as another instrumentation saw it, with more details: from now on it is the one that counts.
        books.ingest(span(3, **parent, span_id=f"{2:016x}", ttft_ms=5.0, finish_reason="stop", cache_read_tokens=10))
        books.enrich(restarted=True)

    monkeypatch.setattr(restatement_chunk, "compute_again", overtaken)
    restate(books, Scope(changed=False))
    monkeypatch.undo()
    counted = "SELECT span_id, counted FROM ledger FINAL ORDER BY span_id"
    kept = books.store.rows(counted)
    assert sum(row["counted"] for row in kept) == 1
    assert books.store.value("SELECT count() FROM calls") == 1
    restate(books, Scope(changed=False))
    restated, scratch = from_scratch(books)
    assert restated == scratch
    assert books.store.rows(counted) == kept


LATER = datetime.now(UTC) + timedelta(hours=3)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("price_book", {"book": "acme", "imported_at": LATER}),
        ("energy_model", {"energy_id": "own/openai/gpt-4o", "method": "own", "loaded_at": LATER}),
        ("energy_facility", {"provider": "openai", "loaded_at": LATER}),
        ("energy_host", {"host_name": "gpu-1", "loaded_at": LATER}),
        ("grid_contract", {"contract_id": "ppa", "loaded_at": LATER}),
        ("grid_water", {"zone": "FR", "loaded_at": LATER}),
    ],
)
def test_whatever_any_call_may_rest_on_has_calls_looked_at_again(books, table, row):
    books.book(*(span(number) for number in range(2)))
    # As if hours had gone by since prices, places and everything else were loaded.
    later = "ALTER TABLE ledger UPDATE enriched_at = enriched_at + INTERVAL 1 HOUR WHERE 1 SETTINGS mutations_sync = 2"
    books.store.execute(later)
    assert restate(books).examined_calls == 0
    books.store.insert(table, [row])
    assert restatement.reference_changed(books.store, books.configuration)
    assert restate(books, dry_run=True).examined_calls == 2


@pytest.mark.parametrize(("seconds", "examined"), [(30, 2), (90, 0)])
def test_what_came_up_to_a_minute_before_a_call_was_enriched_may_not_have_been_seen(books, seconds, examined):
    books.book(*(span(number) for number in range(2)))
    later = "ALTER TABLE ledger UPDATE enriched_at = enriched_at + INTERVAL 1 HOUR WHERE 1 SETTINGS mutations_sync = 2"
    books.store.execute(later)
    enriched = books.store.value("SELECT min(enriched_at) FROM ledger")
    books.store.insert("price_book", [{"book": "acme", "imported_at": enriched - timedelta(seconds=seconds)}])
    assert restate(books, dry_run=True).examined_calls == examined


@pytest.mark.parametrize(("seconds", "changed"), [(30, True), (90, False)])
def test_what_came_up_to_a_minute_before_a_restatement_may_not_have_been_seen(books, seconds, changed):
    books.book(span(0))
    restate(books)
    books.store.execute(
        "INSERT INTO restatement SELECT * EXCEPT (updated_at) REPLACE (started_at + INTERVAL 1 HOUR AS started_at), "
        "now64(6, 'UTC') + INTERVAL 1 HOUR FROM restatement FINAL"
    )
    began = books.store.value("SELECT max(started_at) FROM restatement FINAL")
    assert not restatement.reference_changed(books.store, books.configuration)
    books.store.insert("price_book", [{"book": "acme", "imported_at": began - timedelta(seconds=seconds)}])
    assert restatement.reference_changed(books.store, books.configuration) == changed
