"""What the pages show is so: spend with commitments, bars to scale, ranges without a ranking, colours told apart."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.charts import palette, time_axis, trends
from spanledger_dashboards.drawing.charts.bar_list import Bar, _row
from spanledger_dashboards.drawing.charts.overlap import told, unranked
from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS, IDLE, UNATTRIBUTED
from spanledger_dashboards.drawing.plain_text import escape
from spanledger_dashboards.drawing.style import plainly
from spanledger_dashboards.drawing.table import _file
from spanledger_dashboards.filtering.filters import Filters
from spanledger_dashboards.moment import Moment
from spanledger_dashboards.pages.finance.chargeback import _ROWS, every_row
from spanledger_dashboards.pages.finance.overview import saving
from spanledger_dashboards.pages.finance.parts.spend import flattens
from spanledger_dashboards.viewer import Viewer
from spanledger_settings import figures
from spanledger_settings.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]
OCTOBER = Period(datetime(2024, 10, 1, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC), "UTC")


def html(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


def card(page: AppTest, label: str) -> Any:
    return next(metric for metric in page.metric if metric.label == label)


@pytest.fixture
def _leased(sample_store: Store) -> Iterator[None]:
    """A commitment of $7,200 that pays for gpt-4o in October: half of it is northwind's, half nobody used."""
    sample_store.execute(
        "INSERT INTO commitment (commitment_id, kind, amount, begins, ends, models, policy, idle, covers_usage) "
        "VALUES ('ptu', 'reserved throughput', 7200, '2024-10-01', '2024-11-01', ['gpt-4o-2024-08-06'], 'tokens', "
        "'own_line', 1)"
    )
    row = {"commitment_id": "ptu", "version": 1, "hour": datetime(2024, 10, 8, 9, tzinfo=UTC), "trace_id": ""}
    halves = (("northwind", 0), ("(idle)", 1))
    sample_store.insert(
        "allocation_row",
        [{**row, "span_id": "", "tenant_id": who, "amount": Decimal(3600), "idle": idle} for who, idle in halves],
    )
    sample_store.execute(
        "INSERT INTO allocation (commitment_id, version, until, allocated) VALUES ('ptu', 1, '2024-11-01', 7200)"
    )
    yield
    for table in ("commitment", "allocation_row", "allocation"):
        sample_store.execute(f"DELETE FROM {table} WHERE commitment_id = 'ptu'")


@pytest.mark.usefixtures("_leased")
def test_effective_spend_has_commitments_in_it_and_not_the_calls_they_pay(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame
) -> None:
    uncovered = counted[counted["request_model"] != "gpt-4o-2024-08-06"]["contracted_cost"].dropna().sum()
    page = open_page()
    assert card(page, "Effective spend").value == figures.usd(uncovered + 7200)
    assert figures.usd(counted["contracted_cost"].dropna().sum()) in card(page, "Effective spend").delta
    by_tenant = sample_store.frame(
        "reports/commitments/by_tenant", **{"from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00"}
    )
    assert by_tenant["effective_cost"].sum() == uncovered + 7200


@pytest.mark.usefixtures("_leased")
def test_effective_spend_of_a_tenant_has_its_part_of_the_commitments(open_page: Pages, counted: pd.DataFrame) -> None:
    own = counted[(counted["tenant_id"] == "northwind") & (counted["request_model"] != "gpt-4o-2024-08-06")]
    page = open_page(tenants=["northwind"])
    assert card(page, "Effective spend").value == figures.usd(own["contracted_cost"].dropna().sum() + 3600)


def test_with_a_period_before_cards_keep_list_price_failures_and_tokens(open_page: Pages) -> None:
    page = open_page(period="Custom", days=["2024-10-15", "2024-10-21"])
    for label, kept in (("Effective spend", "at list prices"), ("Calls", "failed"), ("Tokens", " in, ")):
        described = card(page, label).proto.delta_description
        assert "vs 8 Oct – 14 Oct 2024; " in described
        assert kept in described


def test_an_unknown_saving_is_unknown() -> None:
    assert saving(float("nan")) == "saving unknown"
    assert saving(-1.5) == "$1.50 dearer than uncached"


def test_all_of_something_is_100_per_cent_whatever_floats_say() -> None:
    assert figures.share(0.9999999999999998) == "100%"
    assert figures.share(0.9999) == ">99.9%"


def test_a_central_value_has_the_unit_of_its_range() -> None:
    assert figures.emissions(540.0, like=2520.0) == "0.540 kg"
    assert figures.energy(540.0, like=None) == "540 Wh"


def test_names_whose_ranges_overlap_are_not_ranked() -> None:
    def row(name: str, low: float | None, central: float | None, high: float | None) -> dict[str, Any]:
        return {"name": name, "co2e_g_low": low, "co2e_g": central, "co2e_g_high": high}

    rows = [row("zeta", 50, 100, 200), row("alpha", 40, 90, 180), row("small", 1, 2, 3), row("dark", None, None, None)]
    rows += [row(IDLE, 30, 90, 300), row(ALL_OTHERS, 1, 2, 500)]
    groups = [[one["name"] for one in group] for group in unranked(rows)]
    assert groups == [["alpha", "zeta"], ["small"], ["dark"], [IDLE], [ALL_OTHERS]]


def test_of_many_names_whose_ranges_overlap_a_sentence_tells_some() -> None:
    rows: list[dict[str, Any]] = [
        {"name": f"tenant-{number:04}" + "x" * 100 * (number == 0), "co2e_g_low": 1, "co2e_g": 2, "co2e_g_high": 3}
        for number in range(500)
    ]
    said = told(unranked([*rows, {"name": ALL_OTHERS, "co2e_g_low": 1, "co2e_g": 2, "co2e_g_high": 3}]))
    assert escape(said).endswith(", tenant-0011 and 488 more.")
    assert len(said) < 350


@pytest.mark.parametrize(("last", "ends"), [("x" * 100, "xxx…"), ("zeta inc.", " zeta inc."), ("zeta", " zeta.")])
def test_a_sentence_that_ends_with_a_name_has_one_dot(last: str, ends: str) -> None:
    names = ("acme", last, "small")
    rows = [
        {"name": name, "co2e_g_low": low, "co2e_g": 5, "co2e_g_high": 9}
        for name, low in zip(names, (3, 3, 1), strict=True)
    ]
    rows[2] |= {"co2e_g": 2, "co2e_g_high": 2}
    assert escape(told(unranked(rows))).endswith(ends)
    assert not escape(told(unranked(rows))).endswith(("….", ".."))


@pytest.mark.parametrize("name", [UNATTRIBUTED, IDLE, "unknown", "(no feature)", "(unknown model)"])
def test_what_nobody_named_or_used_is_drawn_as_a_gap(name: str) -> None:
    assert "sl-hatched" in _row(Bar(name, "$5", 5.0), 10.0, "#000000")


@pytest.mark.parametrize("name", ["unknown corp", "unknown-model-7b", "(no) acme", "idle"])
def test_a_name_that_only_begins_like_a_gap_is_drawn_as_a_name(name: str) -> None:
    assert "sl-hatched" not in _row(Bar(name, "$5", 5.0), 10.0, "#000000")


def test_the_page_says_that_ranges_overlap(open_page: Pages) -> None:
    assert "overlap, so that none is told to be the larger" in html(open_page("breakdown"))


def test_all_others_have_a_figure_and_no_bar() -> None:
    assert 'class="track"' not in _row(Bar(ALL_OTHERS, "$900", 900.0, "4,992 tenants, not drawn"), 10.0, "#000000")
    assert 'style="width:50.00%' in _row(Bar("acme", "$5", 5.0), 10.0, "#000000")


def test_where_no_hour_is_known_to_be_cleaner_no_line_of_nothing_is_drawn(open_page: Pages) -> None:
    page = open_page("hours")
    assert any("Nothing, as far as is known" in block.proto.body for block in page.get("html"))
    assert "would have been saved" not in html(page)
    assert len(page.get("vega_lite_chart")) == len(("use", "intensity", "emissions"))


@pytest.mark.parametrize(
    ("grain", "begin", "end", "ticks"),
    [("day", "2024-10-08", "2024-10-11", ["08", "09", "10"]), ("month", "2024-09-01", "2024-12-01", ["01", "01", "01"]),
     ("week", "2024-09-30", "2024-10-14", ["30", "07"])],
)  # fmt: skip
def test_a_short_axis_tells_each_day_week_or_month_once(grain: Any, begin: str, end: str, ticks: list[str]) -> None:
    axis = time_axis.time_axis(grain, [f"{begin}T00:00:00Z", f"{end}T00:00:00Z"]).to_dict()["axis"]
    assert [f"{tick['date']:02}" for tick in axis["values"]] == ticks


def test_all_others_are_left_out_of_a_trend_that_they_would_flatten() -> None:
    sums = {"acme": Decimal(3), "borg": Decimal(2), ALL_OTHERS: Decimal(90), UNATTRIBUTED: Decimal(200)}
    assert flattens(pd.Series(sums))
    assert not flattens(pd.Series({**sums, ALL_OTHERS: Decimal(5)}))
    assert not flattens(pd.Series({ALL_OTHERS: Decimal(5)}))
    trend = spend_of([Decimal(1), Decimal(90)]).assign(name=["acme", ALL_OTHERS])
    bars = drawn(trends.spend_over_time(trend, "day", {"acme": "#000000"}, OCTOBER), 0)
    assert bars[["name", "top"]].to_numpy().tolist() == [["acme", 1.0]]


def spend_of(costs: list[Decimal | None], bucket: str = "2024-10-08") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "bucket": pd.to_datetime([bucket] * len(costs), utc=True),
            "name": [f"name-{place}" for place in range(len(costs))],
            "calls": 1,
            "tokens": 10,
            "unknown_cost_calls": [int(cost is None) for cost in costs],
            "contracted_cost": pd.Series(costs, dtype=object),
        }
    )


def drawn(chart: Any, layer: int) -> pd.DataFrame:
    data: pd.DataFrame = chart.layer[layer].data
    return data


def test_an_unknown_amount_has_a_mark_and_no_bar_of_nothing() -> None:
    trend = spend_of([Decimal("1.5"), None, Decimal(2)])
    chart = trends.spend_over_time(trend, "day", {f"name-{n}": "#000000" for n in range(3)}, OCTOBER)
    bars = drawn(chart, 0)
    assert bars[["name", "base", "top"]].to_numpy().tolist() == [["name-0", 0.0, 1.5], ["name-2", 1.5, 3.5]]
    assert drawn(chart, 1)["text"].tolist() == ["1"]


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month"])
def test_a_bar_takes_most_of_its_bucket(grain: Any) -> None:
    lengths = {"hour": 1, "day": 24, "week": 168, "month": 744}
    bars = drawn(trends.spend_over_time(spend_of([Decimal(1)], "2024-10-01"), grain, {"name-0": "#000000"}, OCTOBER), 0)
    width = (bars["until"] - bars["bucket"]).iloc[0] / pd.Timedelta(hours=1)
    assert width == pytest.approx(0.9 * lengths[grain])


def test_ends_that_are_not_whole_are_pale_and_told() -> None:
    trend = pd.concat([spend_of([Decimal(1)], day) for day in ("2024-09-30", "2024-10-07", "2024-10-28")])
    chart = trends.spend_over_time(trend, "week", {"name-0": "#000000"}, OCTOBER)
    assert drawn(chart, 0)["opacity"].tolist() == [0.45, 1.0, 0.45]
    assert time_axis.partial_told(trend["bucket"], "week", OCTOBER) == "The first and the last week are not whole."
    assert time_axis.partial_told(trend["bucket"], "day", OCTOBER) == "The first day is not whole."
    noon = datetime(2024, 10, 7, 12, tzinfo=UTC)
    assert time_axis.is_partial(trend["bucket"], "day", OCTOBER, noon).tolist() == [True, True, True]
    assert not time_axis.is_partial(trend["bucket"].iloc[1:], "day", OCTOBER).any()


def test_the_time_axis_spans_the_period() -> None:
    chart = trends.spend_over_time(spend_of([Decimal(1)]), "day", {"name-0": "#000000"}, OCTOBER)
    domain = chart.to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain == ["2024-10-01T00:00:00Z", "2024-11-01T00:00:00Z"]


def test_central_and_range_have_axes_of_their_own(sample_store: Store) -> None:
    trend = sample_store.frame(
        "reports/sustainability/trend", **OCTOBER.bounds, tenants=[], own="", own_values=[], where=[],
        moment="2099-01-01 00:00:00", timezone="UTC",
        grain="day",
    )  # fmt: skip
    line, band = trends.emissions_over_time(trend, "day", OCTOBER)
    assert "high" not in str(line.to_dict()["encoding"]["y"])
    assert band.to_dict()["encoding"]["y2"]["field"] == "high"


@pytest.mark.usefixtures("_assumed_places")
def test_places_that_no_call_names_are_told_with_their_energy(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page("sustainability")
    openai = counted[counted["provider"] == "openai"]
    energy = openai["energy_wh"].sum() / counted["energy_wh"].sum()
    assert figures.share(len(openai) / len(counted)) in page.info[0].value
    assert f"{figures.share(energy)} of the known energy, is assumed" in page.info[0].value


@pytest.fixture
def _assumed_places(sample_store: Store) -> Iterator[None]:
    row = {"cloud_region": "", "country": "US", "resolved_at": datetime(2024, 10, 1, tzinfo=UTC)}
    sample_store.insert(
        "grid_zone",
        [
            {**row, "provider": "openai", "zone": "US", "source": "EcoLogits: data centres of openai"},
            {**row, "provider": "anthropic", "zone": "US", "source": "aws region us-east-1"},
        ],
    )
    yield
    sample_store.execute("DELETE FROM grid_zone WHERE country = 'US'")


def test_market_based_is_not_shown_where_no_contract_was_imported(open_page: Pages, sample_store: Store) -> None:
    sample_store.execute(
        "INSERT INTO ledger SELECT * REPLACE ('2023-10-15 12:00:00' AS ts, 2.0 AS co2e_market_g, "
        "'location-based intensity' AS market_source) "
        "FROM ledger WHERE counted = 1 AND toYear(ledger.ts) = 2024 LIMIT 1"
    )
    page = open_page("sustainability", period="Custom", days=["2023-10-01", "2023-10-31"])
    assert page.metric
    assert not [metric.label for metric in page.metric if "Market" in metric.label]


def test_the_table_is_bounded_and_the_csv_whole_exact_and_defused(
    sample_store: Store, serve: Callable[[Store], None]
) -> None:
    sample_store.execute(
        "INSERT INTO ledger SELECT * REPLACE ('2022-10-15 12:00:00' AS ts, "
        "concat('=cmd|', toString(rowNumberInAllBlocks())) AS tenant_id, 0.000000000012 AS contracted_cost) "
        "FROM ledger WHERE counted = 1 AND toYear(ledger.ts) = 2024 LIMIT {n:UInt64}",
        {"n": _ROWS + 100},
    )
    serve(sample_store)

    at = datetime(2099, 1, 1, tzinfo=UTC)
    october = Period(datetime(2022, 10, 1, tzinfo=UTC), datetime(2022, 11, 1, tzinfo=UTC), "UTC")
    filters = Filters(october, october.previous, (), Moment(at, at, at, at, 1, 0, 0, 0))
    shown = sample_store.frame("reports/chargeback/chargeback_table", **filters.parameters, rows=_ROWS)
    assert len(shown) == _ROWS
    assert shown["all_rows"].iloc[0] == _ROWS + 100
    rows = list(csv.DictReader(io.StringIO(_file(sample_store, lambda: every_row(filters), filters).decode())))
    assert len(rows) == _ROWS + 100
    assert {row["contracted_cost_usd"] for row in rows} == {"0.000000000012"}
    assert all(row["tenant"].startswith("'=cmd|") for row in rows)
    assert shown["all_contracted_cost_usd"].iloc[0] == Decimal("0.000000000012") * (_ROWS + 100)
    sample_store.execute("DELETE FROM ledger WHERE toYear(ts) = 2022")


# How a deuteranope and a protanope see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "most people": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopes": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopes": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
}
FILLS = (*palette.SERIES, palette.GAP, palette.OTHERS)


@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_fills_are_told_apart(sight: str) -> None:
    seen = {
        fill: lab([sum(m * c for m, c in zip(row, linear(fill), strict=True)) for row in SIGHT[sight]])
        for fill in FILLS
    }
    nearest = min((delta_e(seen[one], seen[other]), one, other) for one, other in itertools.combinations(FILLS, 2))
    assert nearest[0] > 11, nearest


@pytest.mark.parametrize("background", ["#ffffff", "#10161d"])
def test_every_fill_stands_out_from_the_background(background: str) -> None:
    for fill in (*FILLS, palette.MONEY, palette.CARBON, palette.INTENSITY):
        light, dark = sorted((luminance(fill), luminance(background)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, fill


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def lab(rgb: list[float]) -> tuple[float, float, float]:
    matrix = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))
    rgb = [min(max(part, 0), 1) for part in rgb]
    xyz = [sum(m * c for m, c in zip(row, rgb, strict=True)) for row in matrix]
    x, y, z = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for t in (xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIEDE2000 (Sharma, Wu and Dalal 2005)."""
    from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

    (l1, a1, b1), (l2, a2, b2) = one, other
    c = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(c**7 / (c**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    dh = (h2 - h1 + 180) % 360 - 180
    lm, cm, hm = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + dh / 2) % 360
    t = (1 - 0.17 * cos(radians(hm - 30)) + 0.24 * cos(radians(2 * hm)) + 0.32 * cos(radians(3 * hm + 6))
         - 0.2 * cos(radians(4 * hm - 63)))  # fmt: skip
    rc = 2 * sqrt(cm**7 / (cm**7 + 25**7))
    sl, sc, sh = 1 + 0.015 * (lm - 50) ** 2 / sqrt(20 + (lm - 50) ** 2), 1 + 0.045 * cm, 1 + 0.015 * cm * t
    dl, dc, dhh = (l2 - l1) / sl, (c2 - c1) / sc, 2 * sqrt(c1 * c2) * sin(radians(dh / 2)) / sh
    return sqrt(dl**2 + dc**2 + dhh**2 - sin(radians(60 * exp(-(((hm - 275) / 25) ** 2)))) * rc * dc * dhh)


@pytest.mark.parametrize(
    "name", ["https://evil.example/x", "see HTTP://evil.example", "www.evil.example", "a@evil.example"]
)
def test_no_part_of_a_name_is_an_address_that_markdown_links(name):
    shown = plainly(name)
    assert not re.search(r"https?\\?:|www\\?\.|[\w.+-]\\?@", shown, re.IGNORECASE)
    assert re.sub(r"[\\\N{WORD JOINER}]", "", shown) == name


@pytest.mark.parametrize(
    ("name", "sort"),
    [("sustainability", "emissions"), ("breakdown", "emissions"), ("grid", "emissions"), ("capacity", "tokens"),
     ("tenants", "cost")],
)  # fmt: skip
def test_sums_lead_to_the_single_calls_behind_them(open_page: Pages, name: str, sort: str) -> None:
    page = open_page(name, tenants="northwind", feature="search")
    assert f'href="calls?tenants=northwind&amp;feature=search&amp;sort={sort}"' in html(page)
    calls = open_page("calls", tenants="northwind", feature="search", sort=sort)
    assert not calls.exception
    assert 'href="calls?' in html(calls)


@pytest.mark.parametrize(
    "who", [Viewer("ann", ("sustainability",)), Viewer("ann", ("sustainability", "platform"), "northwind")]
)
def test_sums_lead_nobody_to_a_page_that_is_not_his(
    open_page: Pages, monkeypatch: pytest.MonkeyPatch, who: Viewer
) -> None:
    monkeypatch.setattr(open_store, "reader", lambda: who)
    page = open_page("grid")
    assert 'href="calls?' not in html(page)
    monkeypatch.undo()
    assert 'href="calls?' in html(open_page("grid"))
