"""90 % intervals: what calls share does not average out, what is their own does, and parts agree with the whole."""

import math
from itertools import groupby

import numpy as np
import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.energy import token_aware, uncertainty
from spanledger_enrich.energy.ecologits import Range

# Two models of known parameters, and one whose parameters lie in a range.
MODELS = {"a": (Range(8, 8), Range(8, 8)), "b": (Range(70, 70), Range(70, 70)), "c": (Range(20, 300), Range(70, 2000))}
SIGMAS = uncertainty.sigmas(token_aware.METHOD)
PUE = Range(1.09, 1.09)
GRID = {"hour": 0.0, **uncertainty.sigmas("grid")}
DRAWS = 40_000


@pytest.fixture(scope="module", autouse=True)
def _entries(books):
    for name, (active, total) in MODELS.items():
        entry = {
            "energy_id": f"token-aware/test/{name}", "method": token_aware.METHOD, "provider": "test", "model": name,
            **token_aware.coefficients(active, total, PUE), **token_aware.overhead(PUE, Range(0, 1)),
            "source": "a test", "uncertainty": token_aware.METHOD,
            "parameters_sigma": uncertainty.of_parameters(active, total),
        }  # fmt: skip
        books.store.insert("energy_model", [entry])


def call(model="b", provider="openai", zone="DE", resolution="hour", tokens=(100, 300), intensity=400.0, tenant="t"):
    """A row of the ledger, as booked by the token-aware method."""
    entry = token_aware.coefficients(*MODELS[model], PUE)
    wh = entry["wh_per_input_token"] * tokens[0] + entry["wh_per_output_token"] * tokens[1]
    ends = {end: entry[f"wh_per_input_token{end}"] * tokens[0] + entry[f"wh_per_output_token{end}"] * tokens[1]
            for end in ("_low", "_high")}  # fmt: skip
    return {
        "tenant_id": tenant, "provider": provider, "zone": zone, "input_tokens": tokens[0], "output_tokens": tokens[1],
        "energy_method": "modelled", "energy_id": f"token-aware/test/{model}", "intensity_resolution": resolution,
        "intensity_g_per_kwh": intensity, "energy_wh": wh, "co2e_g": wh / 1000 * intensity,
        **{f"energy_wh{end}": value for end, value in ends.items()},
        **{f"co2e_g{end}": value / 1000 * intensity for end, value in ends.items()},
    }  # fmt: skip


CALLS = st.builds(
    call,
    model=st.sampled_from([*MODELS]),
    provider=st.sampled_from(["openai", "azure"]),
    zone=st.sampled_from(["DE", "FR"]),
    resolution=st.sampled_from(["hour", "year"]),
    # One length for each kind of calls: an interval takes input by a group's mean share.
    tokens=st.sampled_from([(0, 200), (1000, 300)]),
    intensity=st.sampled_from([50.0, 400.0]),
    tenant=st.sampled_from(["t", "u"]),
)


def group(row):
    return (row["energy_id"], row["provider"], row["zone"], row["intensity_resolution"])


def drawn(rows):
    """Sums of emissions in kg, call by call with each term drawn, for whoever shares it."""
    random = np.random.default_rng(3)
    seen = {}

    def draw(sigma, *shared_by):
        if shared_by not in seen:
            seen[shared_by] = random.normal(size=DRAWS)
        return sigma * seen[shared_by]

    total = np.zeros(DRAWS)
    for number, row in enumerate(rows):
        active, parameters = MODELS[row["energy_id"][-1]]
        part = row["input_tokens"] * 0.2 / (row["input_tokens"] * 0.2 + row["output_tokens"])
        total += (
            row["co2e_g"]
            / 1000
            * np.exp(
                draw(SIGMAS["method"], "method")
                + part * draw(SIGMAS["input"], "input")
                + draw(SIGMAS["provider"], "load", row["provider"])
                + draw(SIGMAS["deployment"], "load", row["provider"], row["energy_id"])
                + draw(SIGMAS["overhead"], "overhead", row["provider"])
                + draw(uncertainty.of_parameters(active, parameters), "parameters", row["energy_id"])
                + draw(GRID[row["intensity_resolution"]], "grid", row["zone"])
                + draw(SIGMAS["own"], "own", number)
            )
        )
    return total


@booked(12)
@given(rows=st.lists(CALLS, min_size=1, max_size=30))
def test_an_interval_is_what_drawing_each_term_gives(books, rows):
    books.fill(*rows)
    [line] = books.report("carbon/report")
    low, middle, high = np.quantile(drawn(rows), [0.05, 0.5, 0.95])
    assert math.sqrt(line["co2e_kg_low"] * line["co2e_kg_high"]) == pytest.approx(middle, rel=0.1)
    assert line["co2e_kg_high"] == pytest.approx(high, rel=0.12)
    # A sum of a few kinds that hardly err alike is no log-normal: its low end is where that shows.
    assert line["co2e_kg_low"] == pytest.approx(low, rel=0.3)


def test_of_an_ordinary_month_it_is_so_within_a_few_percent(books):
    rows = [
        call(model, provider, zone, resolution, tokens, intensity)
        for model, provider, zone, resolution, tokens, intensity in (
            ("a", "openai", "DE", "hour", (1000, 300), 350.0), ("b", "openai", "DE", "hour", (1000, 300), 350.0),
            ("c", "azure", "FR", "year", (1000, 300), 50.0), ("b", "azure", "DE", "year", (0, 200), 400.0),
            ("a", "azure", "FR", "hour", (0, 200), 50.0),
        )
        for _ in range(20)
    ]  # fmt: skip
    books.fill(*rows)
    [line] = books.report("carbon/report")
    low, middle, high = np.quantile(drawn(rows), [0.05, 0.5, 0.95])
    found = (line["co2e_kg_low"], math.sqrt(line["co2e_kg_low"] * line["co2e_kg_high"]), line["co2e_kg_high"])
    assert found == pytest.approx((low, middle, high), rel=0.06)


@booked(12)
@given(rows=st.lists(CALLS, min_size=2, max_size=30))
def test_parts_agree_with_the_whole(books, rows):
    books.fill(*rows)
    [whole] = books.report("carbon/report")
    parts = books.report("carbon/report", ["tenant", "model"])
    assert sum(map(expected, parts)) == pytest.approx(expected(whole), rel=0.02)
    assert whole["co2e_kg"] == pytest.approx(sum(part["co2e_kg"] for part in parts))
    assert whole["co2e_factor"] <= max(part["co2e_factor"] for part in parts) * 1.001


def expected(line):
    """The mean of a log-normal with the line's interval."""
    sigma = math.log(line["co2e_factor"]) / uncertainty.END
    return math.sqrt(line["co2e_kg_low"] * line["co2e_kg_high"]) * math.exp(sigma**2 / 2)


@booked(8)
@given(rows=st.lists(CALLS, min_size=1, max_size=8), times=st.integers(2, 5))
def test_one_kind_of_calls_is_no_surer_for_being_many(books, rows, times):
    alike = [row for _, some in groupby(sorted(rows, key=group), key=group) for row in some][:1]
    books.fill(*alike)
    [one] = books.report("carbon/report")
    books.fill(*alike * times)
    [many] = books.report("carbon/report")
    own = SIGMAS["own"] ** 2
    shared = (math.log(one["co2e_factor"]) / uncertainty.END) ** 2 - own
    assert math.log(many["co2e_factor"]) / uncertainty.END == pytest.approx(math.sqrt(shared + own / times))


def test_parts_that_err_apart_make_a_sum_surer(books):
    widths = []
    for rows in (
        [call()] * 2,
        [call(), call(model="a", tokens=(2350, 7050))],
        [call(), call(model="a", provider="azure", tokens=(2350, 7050))],
    ):
        books.fill(*rows)
        [line] = books.report("carbon/report")
        widths.append(line["co2e_factor"])
    assert widths[0] > widths[1] * 1.01 > widths[2] * 1.02


def test_the_parts_of_the_variance_are_all_of_it(books):
    books.fill(call(), call(model="c", provider="azure", resolution="year", tokens=(1000, 300)))
    [line] = books.report("carbon/report")
    parts = {name: part for name, part in line.items() if name.endswith("_variance")}
    assert sum(parts.values()) == pytest.approx(1)
    assert parts["meters_variance"] == 0
    assert all(parts[f"{name}_variance"] > 0 for name in ("method", "serving", "model", "input", "grid", "calls"))
    assert line["co2e_because"].startswith("model ")


def test_of_own_coefficients_and_measured_hosts_the_bounds_are_the_interval(books):
    books.fill({"energy_method": "measured", "energy_id": "measured/gpu-1", "intensity_resolution": "hour",
                "energy_wh": 2.0, "energy_wh_low": 1.5, "energy_wh_high": 4.0,
                "co2e_g": 1.0, "co2e_g_low": 0.75, "co2e_g_high": 2.0})  # fmt: skip
    [line] = books.report("carbon/report")
    assert (line["co2e_kg_low"], line["co2e_kg_high"]) == pytest.approx((0.00075, 0.002))
    assert line["co2e_because"] == "meters 100 %"


def test_a_price_that_cannot_have_paid_for_the_energy_narrows_the_interval(books):
    lines = []
    for usd in (1.0, 0.0001):
        books.fill(*[{**call(), "list_cost": usd, "price_status": "priced"}] * 20)
        [line] = books.report("carbon/report")
        lines.append(line)
    dear, cheap = lines
    assert cheap["energy_kwh_high"] < dear["energy_kwh_high"] / 1.25
    assert cheap["co2e_factor"] < dear["co2e_factor"]
    # 20 calls of 0.0001 USD pay for 16.7 Wh.
    assert cheap["energy_kwh_high"] < 0.0167 * 1.1
    assert cheap["energy_kwh"] == dear["energy_kwh"]


def test_terms_follow_from_their_ends():
    for term in uncertainty.terms():
        if term.low is not None and term.high is not None:
            whole = math.log(term.high / term.low) / uncertainty.ENDS
            halved = term.term in ("provider", "deployment")
            assert term.sigma == pytest.approx(whole / math.sqrt(2) if halved else whole, abs=0.006), term
