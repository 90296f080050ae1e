"""Times the standard reports over a month of calls, from the sums of hours and days against call by call, in one run.

Bars: from sums every report takes less than 300 ms at 20 million rows on two cores; what keeps the sums takes at most
15 % of the processor time of enriching the same calls. Told beside them: how many rows a second are summed, and how
many rows of sums that gives. The traffic is made up: 200 tenants of very different size, each with a cost centre, three
desks (a dimension of one's own) and two features, two models a feature, every hour.

How many calls a session has decides what counting sessions once takes. A quarter of the calls are coding agents', whose
sessions last four hours: of 8, 50, 250 or 1,200 calls (60, 28, 11 and 1 % of the sessions; a small tenant has too few
calls for the longest), about nine a run. Measured ones have 82 on average, half of them up to 17, a tenth above 150, a
hundredth above 1,100, and nine a run (SyFI TraceLab, Claude Code and Codex, 2026); at a gateway half have up to 16, a
twentieth above 209 (Requesty, Claude Code, April 2026). The others are chats of two calls on average and no run: of the
12,031 requests of Mooncake's hour of conversations, told by the blocks that they begin with, there are 1.5 each, one in
three quarters of them and 43 at most, cut off by the hour's ends. `--session-a-call` fills the worst case.

    python bench/reports.py --rows 1000000
    python bench/reports.py --rows 20000000 --data-dir kept

With `--data-dir` the ledger stays there for the next run, which keeps its sums and calls, and enriches none.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store, statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BAR_MS, _UPKEEP_BAR = 300, 0.15
_AT_ONCE = 1_000_000
# Whose days are summed beside those of UTC.
_ZONES = ("Europe/Berlin",)
_LEDGER = """
INSERT INTO ledger (trace_id, span_id, ts, duration_ms, service_name, environment, tenant_id, user_id, session_id,
    run_id, feature, cost_center, dimensions, provider, request_model, response_model, operation, status, ttft_ms,
    input_tokens, cache_read_tokens, output_tokens, usage_source, price_status, list_cost, contracted_cost, input_cost,
    cache_read_cost, cache_write_cost, output_cost, other_cost, energy_wh, energy_wh_low, energy_wh_high, energy_method,
    energy_id, zone, intensity_g_per_kwh, intensity_resolution, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g,
    embodied_g, water_ml, market_source, counted, version, enriched_at)
SETTINGS optimize_on_insert = 0, max_insert_threads = 2
WITH
    cityHash64(number) AS chance,
    toUInt16(200 * pow((chance % 65536) / 65536, 3)) AS tenant,
    (tenant + intDiv(chance, 65536) % 2) % 8 AS feature_number,
    feature_number IN (2, 6) AS is_agent,
    -- A tenant's share of the calls, as it is drawn above.
    cbrt((tenant + 1) / 200) - cbrt(tenant / 200) AS share,
    intDiv(chance, 8388608) % 100 AS kind,
    multiIf(NOT is_agent, 1.6, kind < 8, 8, kind < 32, 50, kind < 79, 250, 1200) AS calls_of_session,
    multiIf(NOT is_agent, 1, kind < 8, 0.08, kind < 32, 0.24, kind < 79, 0.47, 0.21) AS of_kind,
    if(is_agent, 4, 1) AS session_hours,
    -- Sessions of a kind that are open at a time, of which each call is one's.
    greatest(1, toUInt64(
        share / 2 * {rows:UInt64} / 720 * session_hours * of_kind / calls_of_session)) AS open_sessions,
    if({alone:UInt8}, chance, cityHash64(tenant, feature_number, calls_of_session,
        intDiv(number * 720, {rows:UInt64} * session_hours), cityHash64(chance, 's') % open_sessions)) AS session,
    -- One run of a session after the other.
    intDiv(number * 720 % ({rows:UInt64} * session_hours) * toUInt64(1 + calls_of_session / 9),
        {rows:UInt64} * session_hours) AS run,
    -- A chat keeps its model; agents leave small steps to another.
    (feature_number + if(intDiv(if(is_agent, chance, session), 131072) % 5 = 0, 1, 0)) % 6 AS model_number,
    intDiv(chance, 1048576) % 4000 AS prompt,
    toDecimal64(0.0000025, 12) * prompt AS of_input, toDecimal64(0.00001, 12) * 200 AS of_output,
    model_number = 5 AND chance % 3 = 0 AS unpriced,
    0.1 + prompt / 10000 AS wh,
    200 + 10 * toFloat64(toHour(ts)) AS intensity
SELECT lower(hex(MD5(toString(number)))), leftPad(hex(number), 16, '0'),
    toDateTime64('2024-10-01 00:00:00', 9, 'UTC')
        + toIntervalMillisecond(intDiv(number * 2592000000, {rows:UInt64})) AS ts,
    1000, concat('service-', toString(feature_number)), if(chance % 10 = 0, 'staging', 'production'),
    concat('tenant-', toString(tenant)),
    concat('user-', toString(if({alone:UInt8}, chance % 20000,
        cityHash64(tenant, session % toUInt64(1 + 20000 * share))))),
    toString(session),
    if(is_agent, toString(cityHash64(session, run)), ''),
    concat('feature-', toString(feature_number)), concat('cc-', toString(tenant % 40)),
    map('desk', concat('desk-', toString(intDiv(chance, 524288) % 3))),
    ['openai', 'anthropic', 'aws.bedrock'][1 + model_number % 3], models[1 + model_number], models[1 + model_number],
    'chat', if(chance % 100 = 0, 'error', 'ok'), 300, prompt + 1000, prompt, 200, 'reported',
    if(unpriced, 'unpriced', 'priced'),
    if(unpriced, NULL, of_input + of_output), if(unpriced, NULL, of_input + of_output), if(unpriced, NULL, of_input),
    if(unpriced, NULL, 0), if(unpriced, NULL, 0), if(unpriced, NULL, of_output), if(unpriced, NULL, 0),
    wh, wh / 2, wh * 2, 'modelled', energies[1 + model_number], ['SE', 'US-VA', 'IE'][1 + model_number % 3],
    intensity, 'hour', wh * intensity / 1000, wh * intensity / 2000, wh * intensity / 500, wh * intensity / 1000, 0.01,
    1, 'location-based intensity', 1, 1, now64(6, 'UTC')
FROM (SELECT number, {models:Array(String)} AS models, {energies:Array(String)} AS energies
      FROM numbers({first:UInt64}, {count:UInt64}))
"""
_SPANS = """
INSERT INTO llm_spans (ingested_at, trace_id, span_id, ts, provider, request_model, operation, status, tenant_id,
                       feature, input_tokens, output_tokens, usage_source)
SELECT now64(6, 'UTC'), lower(hex(MD5(toString(number)))), leftPad(hex(number), 16, '0'),
       toDateTime64('2023-10-01 00:00:00', 9, 'UTC') + toFloat64(number * 2.5), 'openai', 'gpt-4o', 'chat', 'ok',
       concat('tenant-', toString(number % 50)), concat('feature-', toString(number % 3)), 1000 + number % 5000, 100,
       'reported'
FROM numbers({calls:UInt64})
"""
_PERIOD = {"from": "2024-10-01 00:00:00", "to": "2024-10-31 00:00:00"}
_PAGE: dict[str, Any] = {
    **_PERIOD, "tenants": [], "own": "", "own_values": [], "where": [], "moment": "2100-01-01 00:00:00",
    "timezone": "UTC", "dimension": "tenant", "names": 8, "series": 6, "rows": 200, "grain": "day",
}  # fmt: skip
_HALVES = {"from": "2024-10-16 00:00:00", "before_from": "2024-10-01 00:00:00", "before_to": "2024-10-16 00:00:00"}
_BY: dict[str, Any] = {**_PERIOD, "timezone": "UTC", "custom": [], "tenants": [], "where_names": [], "where_values": []}
# Nothing but calls tells users apart: what names them is read call by call.
_BY_CALL = {"own": "user"}, {"custom": ["user"]}
REPORTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    **{
        name: (name, _PAGE, _BY_CALL[0])
        for name in ("finance/headline", "finance/breakdown", "finance/trend", "chargeback/chargeback_table",
                     "sustainability/headline", "sustainability/breakdown", "sustainability/trend",
                     "sustainability/hours", "sustainability/coverage")
    },
    "finance/trend, Berlin": ("finance/trend", {**_PAGE, "timezone": "Europe/Berlin"}, _BY_CALL[0]),
    "sustainability/trend, Berlin": ("sustainability/trend", {**_PAGE, "timezone": "Europe/Berlin"}, _BY_CALL[0]),
    "chargeback": ("chargeback/chargeback", {**_BY, "by": ["tenant", "model", "feature"]}, _BY_CALL[1]),
    "chargeback by desk and day": (
        "chargeback/chargeback", {**_BY, "by": ["day"], "custom": ["desk"]}, {"custom": ["desk", "user"]}
    ),
    "owed": ("chargeback/owed", _PAGE, _BY_CALL[0]),
    "movers": ("finance/movers", {**_PAGE, **_HALVES, "by": ["tenant"]}, _BY_CALL[0]),
    "budgets of a tenant, Berlin": (
        "budgets/cost_by_day",
        {**_PERIOD, "timezone": "Europe/Berlin", "scope": "tenant", "dimension": "", "names": ["tenant-7"]},
        {"dimension": "user"},
    ),
    "carbon": ("carbon/report", {**_BY, "by": ["model", "zone"]}, _BY_CALL[1]),
    # What is of single calls, such as sessions and calls made again, is read call by call in these.
    **{
        name: (f"finance/{name}", {**_BY, "by": ["tenant"]}, {})
        for name in ("owners", "unit_costs", "waste", "tag_coverage", "plans")
    },
    "beside_calls": ("chargeback/beside_calls", {**_BY, "by": ["tenant", "model"]}, {}),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=100_000, help="to enrich and sum")
    parser.add_argument("--sums-only", action="store_true", help="do not time the reports call by call")
    parser.add_argument("--session-a-call", action="store_true", help="fill sessions of one call each")
    parser.add_argument("--data-dir", type=Path, help="where the ledger is kept; filled where it is empty")
    options = parser.parse_args()
    told = []
    with contextlib.ExitStack() as kept:
        folder = options.data_dir or Path(kept.enter_context(tempfile.TemporaryDirectory()))
        configuration = load(data_dir=folder)
        store = kept.enter_context(_Noted.open(configuration, exclusive=True))
        migrate(store)
        load_reference_data(store)
        if not (rows := int(store.value("SELECT count() FROM ledger WHERE toYear(ts) = 2024"))):
            told = _upkeep(store, Worker(store, configuration), options.calls)
            fill(store, rows := options.rows, session_a_call=options.session_a_call)
        begin = time.perf_counter()
        if sum_hours(store, _ZONES, quiet_s=0, threads=0, margin_s=0):
            while sum_hours(store, _ZONES, quiet_s=0, threads=0, margin_s=0):
                pass
            told.append(f"summed: {rows / (time.perf_counter() - begin):,.0f} rows/s")
        slowest = _reports(store, by_call=not options.sums_only)
        sums = store.rows(
            "SELECT countIf(hours = 1) AS of_hours, countIf(hours > 1) AS of_days FROM ledger_sum "
            "WHERE toYear(begins) = 2024"
        )[0]
    print(f"\n{rows:,} rows: {sums['of_hours']:,} sums of hours, {sums['of_days']:,} of days")
    print(*told, f"slowest report from sums: {slowest:.0f} ms; bar {_BAR_MS} ms at 20,000,000 rows", sep="\n")


def _upkeep(store: _Noted, worker: Worker, calls: int) -> list[str]:
    """What to tell of the processor time of summing calls, beside that of enriching them, and by what it writes."""
    store.execute(_SPANS, {"calls": calls})
    begin = time.process_time()
    worker.catch_up()
    enriched = time.process_time() - begin
    store.spent.clear()
    begin = time.process_time()
    while sum_hours(store, _ZONES, quiet_s=0, margin_s=0):
        pass
    summed = time.process_time() - begin
    told = f"keeping sums / enriching: {summed / enriched:.1%} of processor time; bar {_UPKEEP_BAR:.0%}"
    return [
        told,
        *(f"  {table or 'looking up'}: {spent / 1e9 / enriched:.1%}" for table, spent in store.spent.most_common()),
    ]


class _Noted(Store):
    """Notes the processor time of its statements, ns, by the table that they write, '' of those that read."""

    spent: ClassVar[Counter[str]] = Counter()

    def execute(
        self, query: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        with self._spent_on(query):
            super().execute(query, parameters, settings)

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._spent_on(query):
            return super().rows(query, **parameters)

    def value(self, query: str, **parameters: Any) -> Any:
        with self._spent_on(query):
            return super().value(query, **parameters)

    @contextlib.contextmanager
    def _spent_on(self, query: str) -> Iterator[None]:
        begin = time.process_time_ns()
        yield
        written = re.search(r"^INSERT INTO (\w+)", query, re.MULTILINE)
        self.spent[written[1] if written else ""] += time.process_time_ns() - begin


def fill(store: Store, rows: int, *, session_a_call: bool = False) -> None:
    """Put so many made-up calls of October 2024 into the ledger."""
    known = store.rows("SELECT energy_id FROM energy_model FINAL WHERE method = 'ecologits' ORDER BY energy_id LIMIT 6")
    energies = [row["energy_id"] for row in known]
    names = {"models": [energy.rpartition("/")[2] for energy in energies], "energies": energies}
    alone = int(session_a_call)
    for first in range(0, rows, _AT_ONCE):
        store.execute(
            _LEDGER, {"rows": rows, "first": first, "count": min(_AT_ONCE, rows - first), "alone": alone, **names}
        )


def _reports(store: Store, *, by_call: bool) -> float:
    """Print how long each report takes both ways; gives the slowest from sums, ms."""
    print(f"{'report':<32} {'from sums, ms':>14} {'by call, ms':>12} {'ratio':>7}")
    slowest = 0.0
    for label, (name, parameters, told) in REPORTS.items():
        from_sums = _milliseconds(store, name, parameters, 5)
        slowest = max(slowest, from_sums)
        print(f"{label:<32} {from_sums:>14.0f}", end="", flush=True)
        if by_call:
            from_calls = _milliseconds(store, name, {**parameters, **told}, 1)
            print(f" {from_calls:>12.0f} {from_calls / from_sums:>7.1f}", end="")
        print(flush=True)
    return slowest


def _milliseconds(store: Store, name: str, parameters: dict[str, Any], times: int) -> float:
    taken = []
    text = statement(f"reports/{name}")
    asked = {key: value for key, value in parameters.items() if f"{{{key}:" in text}
    for _ in range(times):
        begin = time.perf_counter()
        store.report_frame(text, asked)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    main()
