from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from spanledger_settings import figures


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1234.565000000000"), "$1,234.56"),
        (Decimal(0), "$0.00"),
        (Decimal(1), "$1.00"),
        (Decimal("0.42"), "$0.42"),
        (Decimal("0.0042134"), "$0.0042"),
        (Decimal("0.000000000012"), "$0.000000000012"),
        (Decimal("-0.5"), "\N{MINUS SIGN}$0.50"),
        (Decimal("1234567.89"), "$1.23M"),
        (12.5, "$12.50"),
    ],
)
def test_money_shows_cents_or_two_significant_digits(amount: Decimal | float, written: str) -> None:
    assert figures.usd(amount) == written


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, Decimal("NaN")])
def test_what_is_not_known_is_written_unknown_never_zero(missing: None) -> None:
    writers = (figures.usd, figures.count, figures.share, figures.energy, figures.emissions, figures.intensity)
    assert {write(missing) for write in writers} == {"unknown"}
    assert figures.energy_range(1.0, missing) == "unknown"


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (999_999, "999,999"), (1_234_567, "1.23M"), (56_200_000, "56.2M"), (7_000_000_000, "7.00B")],
)
def test_counts_are_in_full_below_a_million(number: int, written: str) -> None:
    assert figures.count(number) == written


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(0, "0%"), (0.0001, "<0.1%"), (0.1234, "12.3%"), (0.9999, ">99.9%"), (1, "100%")],
)
def test_a_small_share_is_not_rounded_to_nothing(ratio: float, written: str) -> None:
    assert figures.share(ratio) == written


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        ([4593 / 6000, 1407 / 6000], ["76.6%", "23.4%"]),
        ([1 / 3, 1 / 3, 1 / 3], ["33.4%", "33.3%", "33.3%"]),
        ([0.1 + 0.2, 0.7], ["30.0%", "70.0%"]),
        ([1.0], ["100%"]),
        ([0.9996, 0.0004], [">99.9%", "<0.1%"]),
        ([0.5, 0.25], ["50.0%", "25.0%"]),
        ([0.5, None], ["50.0%", "unknown"]),
    ],
)
def test_shares_of_a_whole_are_the_whole_as_written(parts: list[float | None], written: list[str]) -> None:
    assert figures.shares(parts) == written


@pytest.mark.parametrize(
    ("wh", "written"),
    [
        (0, "0 Wh"),
        (0.0123, "0.0123 Wh"),
        (999.0, "999 Wh"),
        (999.9, "1.00 kWh"),
        (1500, "1.50 kWh"),
        (2.5e6, "2.50 MWh"),
    ],
)
def test_energy_takes_the_unit_that_suits_it(wh: float, written: str) -> None:
    assert figures.energy(wh) == written


@pytest.mark.parametrize(("grams", "written"), [(12.34, "12.3 g"), (1203.0, "1.20 kg"), (4_560_000.0, "4.56 t")])
def test_emissions_take_the_unit_that_suits_them(grams: float, written: str) -> None:
    assert figures.emissions(grams) == written


def test_a_range_has_one_unit() -> None:
    assert figures.emissions_range(540.0, 2520.0) == "0.540 – 2.52 kg"


@pytest.mark.parametrize(
    ("now", "before", "written"),
    [
        (Decimal(110), Decimal(100), "+10.0%"),
        (90, 100, "-10.0%"),
        (5, 0, None),
        (5, None, None),
        (3000, 100, "+30×"),
    ],
)
def test_a_change_is_signed_and_absent_where_it_says_nothing(
    now: Decimal | int, before: Decimal | int | None, written: str | None
) -> None:
    assert figures.change(now, before) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1_234_567, "1,234,567"),
        (0, "0"),
        (1234.565, "1,234.57"),
        (3.0, "3.00"),
        (0.0, "0.00"),
        (0.0123456, "0.0123"),
        (Decimal("-0.00045678"), "-0.000457"),
        (Decimal(12), "12.00"),
        (float("inf"), "inf"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_a_column_has_whole_numbers_in_full_and_small_ones_with_three_digits(number: float, written: str) -> None:
    assert figures.in_a_column(number) == written
