"""The table of published figures says what our methods say today, and does not hide where they miss."""

import math
import statistics
from pathlib import Path

import calibration
import published_figures
import pytest

from spanledger_enrich.energy import token_aware, uncertainty
from spanledger_enrich.energy.ecologits import Range, data_centre
from spanledger_enrich.ledger.method_statement.formulas import CALIBRATION

DOCS = Path(published_figures.__file__).parent


@pytest.fixture(scope="module")
def compared() -> dict[str, published_figures.Comparison]:
    return {f"{one.about}/{one.unit}": one for one in published_figures.comparisons()}


def test_published_measurements_lie_within_the_ledgers_bounds(compared):
    prompt = compared["Google: median prompt to Gemini Apps (May 2025)/Wh"]
    assert prompt.published == (0.24, 0.24)
    outside = {one.about.partition(":")[0] for one in compared.values() if not one.within(one.ledger)}
    # No measurement of Google's machines, an estimate, and a life cycle's at a place that its maker does not tell.
    assert outside == {
        "the same, market-based", "Epoch AI", "Mistral", "the same, water, in Sweden",
        "the same, water, at the world's mean",
    }  # fmt: skip


def test_mistrals_life_cycle_lies_within_the_bounds_at_the_worlds_mean(compared):
    world = compared["the same, at the world's mean/gCO2e"]
    assert world.published == (1.14, 1.14)
    assert world.within(world.ledger)


def test_what_lies_outside_is_marked_in_the_table(compared):
    lines = published_figures.table().splitlines()[2:]
    for one, line in zip(compared.values(), lines, strict=True):
        assert line.count("(**outside**)") == (not one.within(one.ledger)), one.about


def test_the_text_below_the_table_holds(compared):
    assert not any(one.within(one.ecologits) for one in compared.values())
    assert all(one.ecologits.central < one.published[0] / 5 for one in compared.values() if "Mistral" in one.about)
    [epoch] = [one for one in compared.values() if "Epoch" in one.about]
    assert 1.18 < epoch.ledger.low / epoch.published[0] < 1.2


def test_every_figure_names_its_source(compared):
    assert len(compared) >= 10
    assert all("](http" in one.source or one.source == "as above" for one in compared.values())


@pytest.mark.parametrize(
    ("tokens", "at_the_gpu"),
    # Llama 3.1 8B at a batch of 64: 0.215 x 8.03^(0.21 + 0.65) / 8 J a token.
    [((0, 1), 0.161), ((0, 1000), 161.3), ((1000, 0), 32.3)],
)
def test_the_token_aware_formula_pays_for_output_and_for_input(tokens, at_the_gpu):
    joules = published_figures.token_aware_wh((8.03, 8.03), 8.03, *tokens)
    assert joules.central == pytest.approx(at_the_gpu, rel=0.01)
    facility = published_figures.token_aware_wh((8.03, 8.03), 8.03, *tokens, pue=1.2)
    assert facility.central == pytest.approx(joules.central * 1.72 * 1.2 / 1.09 / 3600)
    assert facility.low < facility.central < facility.high


def test_ecologits_of_a_row_is_the_ledgers(compared):
    row = next(row for row in published_figures.catalogue() if row["energy_id"] == "ecologits/openai/gpt-4o")
    query = compared["OpenAI: average ChatGPT query (June 2025)/Wh"]
    assert query.ecologits.central == pytest.approx(300 * row["wh_per_output_token"] + row["wh_per_request"])


def text_of_the_page() -> str:
    return " ".join((DOCS / "methodology.md").read_text(encoding="utf-8").split())


def test_the_spread_against_hosted_models_is_what_the_text_says():
    rows = calibration.hosted()
    errors = [row.error for row in rows]
    assert len(rows) == 57
    text = text_of_the_page()
    said = f"standard deviation of ln(ours / published) is {statistics.stdev(errors):.2f}"
    middle = f"its median {math.exp(statistics.median(errors)):.2f}"
    assert said in text
    assert middle in text
    assert statistics.stdev(errors) <= 1.15


def test_intervals_hold_what_other_studies_published():
    found = calibration.calibrations()
    left_out, in_force = found["studies left out"], found["in force"]
    for one in (left_out, in_force):
        assert len(one.inside) == 57
        assert 0.85 <= sum(one.inside) / 57 <= 0.95
        assert statistics.median(one.widths) <= 35
        assert max(one.widths) <= 120
    held, width, widest = (cell.strip() for cell in str(left_out).split("|"))
    count, _, _, share = held.split()
    assert f"of published figures they hold {share.strip('()').replace('%', ' %')}, see below" in text_of_the_page()
    stated = f"holds {count} of them {share}; its median width is {width}, the widest {widest}."
    assert stated.replace("%", " %") in CALIBRATION


def test_the_fitted_terms_are_those_in_force():
    method, own = calibration.fit(calibration.hosted())
    in_force = uncertainty.sigmas("token-aware")
    assert (in_force["method"], in_force["own"]) == (round(method, 2), round(own, 2))


def test_the_text_says_how_well_other_choices_of_the_fit_would_have_held():
    others = [calibration.left_out(calibration.hosted(), choice) for choice in calibration.CHOICES]
    held = [round(100 * sum(one.inside) / 57) for one in others]
    widths = [statistics.median(one.widths) for one in others]
    assert str(others[0]) == str(calibration.calibrations()["studies left out"])
    said = f"intervals of x{min(widths):.0f} to x{max(widths):.0f} hold {min(held)} to {max(held)} % of these figures"
    assert said in text_of_the_page()
    assert f"other choices hold {min(held)} to {max(held)} %" in CALIBRATION


def test_the_text_says_what_an_estimate_that_is_not_taken_would_change(monkeypatch):
    by_price, former = calibration._price_class, Range(8, 28)
    in_force = statistics.stdev(figure.error for figure in calibration.hosted())

    def sized(model):
        if model != "claude-3-5-haiku-20241022":
            return by_price(model)
        return {
            **token_aware.coefficients(former, former, data_centre("anthropic")[0]),
            **token_aware.overhead(data_centre("anthropic")[0], Range(0, 1)),
            "parameters_sigma": uncertainty.of_parameters(former, former),
        }

    monkeypatch.setattr(calibration, "_price_class", sized)
    figures = calibration.hosted()
    spread = statistics.stdev(figure.error for figure in figures)
    assert spread > in_force + 0.1, "the estimate is taken, or tells nothing"
    held = str(calibration.left_out(figures, calibration.IN_FORCE)).split(" | ")[0]
    assert f"ln(ours / published) would be {spread:.2f}, and" in text_of_the_page()
    assert f"would hold {held}." in text_of_the_page()


def test_the_text_says_what_prices_tell_of_published_figures():
    found = calibration.calibrations()
    with_prices, without, twice = (
        found[name] for name in (
            "studies left out", "studies left out, if prices told nothing",
            "studies left out, if they told twice as much",
        )
    )  # fmt: skip
    rows = [row for row in calibration.hosted() if row.usd is not None]
    beyond = [row.model for row in rows if row.published > row.usd * calibration.IN_FORCE.paid_wh]
    text = text_of_the_page()
    assert f"{len(rows)} of them have a list price" in text
    assert f"from x{max(without.widths):.0f} to x{max(with_prices.widths):.0f}" in text
    assert sum(with_prices.inside) == sum(without.inside)
    assert sum(twice.inside) == sum(with_prices.inside) - 2
    assert beyond == ["deepseek-reasoner"] * 2


def test_the_text_says_how_little_speed_would_tell():
    before, after = calibration.batch_known_by_speed()
    text = text_of_the_page()
    assert f"standard deviation of {before:.2f} no less than {after:.2f}" in text
    assert f"the other's power of {calibration.slope_of_speed():.1f}" in text
    listed = calibration.speeds("gpt-4o").values()
    assert f"{min(listed):.0f} to {max(listed):.0f} tokens a second for the four versions" in text
    widths = calibration.left_out(calibration.hosted(), calibration.IN_FORCE).widths
    narrower = calibration.left_out(calibration.hosted(), calibration.IN_FORCE, serving=after).widths
    assert f"of an interval of x{statistics.median(widths):.0f} x{statistics.median(narrower):.0f}" in text


def test_the_traces_tables_were_measured_by_the_method_that_is_in_force():
    page = (DOCS / "carbon.md").read_text(encoding="utf-8")
    assert f"Energy is by {token_aware.SOURCE.partition(',')[0]}." in page, (
        "measure them anew, by the commands above them"
    )
