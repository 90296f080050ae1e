"""How figures are written, on the command line and the dashboards: money, counts, energy, emissions, shares.

None and NaN are unknown, and written so: as the word in text, as a dash in a column.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_settings.largest_remainder import rounded_together

if TYPE_CHECKING:
    from collections.abc import Sequence

Number = Decimal | float | int | None

UNKNOWN = "unknown"
UNKNOWN_IN_A_COLUMN = "–"
_MINUS = "\N{MINUS SIGN}"
_ENERGY_UNITS = (("Wh", 1.0), ("kWh", 1e3), ("MWh", 1e6), ("GWh", 1e9))
_MASS_UNITS = (("g", 1.0), ("kg", 1e3), ("t", 1e6))
_VOLUME_UNITS = (("mL", 1.0), ("L", 1e3), ("m³", 1e6))


def in_a_column(number: Number) -> str:
    """A figure whose column names its unit: thousands separated; whole numbers in full, others with two decimals.

    Below one it has three significant digits, so that none is rounded to nothing.
    """
    if is_unknown(number):
        return UNKNOWN_IN_A_COLUMN
    size = float(number)  # type: ignore[arg-type]
    if not isinstance(number, (Decimal, float)) and size.is_integer():
        return f"{int(number):,}"  # type: ignore[arg-type]
    return f"{size:,.2f}" if abs(size) >= 1 or size == 0 else f"{Decimal(f'{size:.3g}'):f}"


def usd(amount: Number) -> str:
    """An amount in USD: cents from a dollar on, two significant digits below."""
    if is_unknown(amount):
        return UNKNOWN
    exact = Decimal(str(amount))
    size = abs(exact)
    sign = _MINUS if exact < 0 else ""
    if size >= 1_000_000:
        return f"{sign}${_significant(float(size) / 1e6)}M"
    if size == 0 or size >= 1:
        return f"{sign}${size:,.2f}"
    return f"{sign}${size:.{max(2, 1 - size.adjusted())}f}"


def in_full(amount: Decimal) -> str:
    """An amount to its last digit, with two decimals at least: what books say of money."""
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f}"


def count(number: Number) -> str:
    """A count in full, with thousands separators; from a million on three significant digits."""
    if is_unknown(number):
        return UNKNOWN
    size = float(number)  # type: ignore[arg-type]
    for unit, scale in (("T", 1e12), ("B", 1e9), ("M", 1e6)):
        if abs(size) >= scale:
            return f"{_significant(size / scale)}{unit}"
    return f"{size:,.0f}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: 1 call, 2 calls; ``many`` where it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(ratio: Number) -> str:
    """A share between 0 and 1 in per cent; a small one is never rounded to nothing, nor a large one to all."""
    if is_unknown(ratio):
        return UNKNOWN
    percent = float(ratio) * 100  # type: ignore[arg-type]
    # Sums of floats in another order: all of it may miss one by the last digits.
    percent = 100.0 if math.isclose(percent, 100, rel_tol=1e-9) else percent
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    return f"{percent:.0f}%" if percent in (0, 100) else f"{percent:.1f}%"


def shares(parts: Sequence[Number]) -> list[str]:
    """Shares of one whole as they stand beside each other: where they are all of it, so are they as written.

    Each is cut to a tenth of a per cent, and the tenths that are left over go to those of which most was cut off, the
    larger first. Beside an unknown one, or one that is written as less than a tenth, each is as `share` writes it.
    """
    told = [share(part) for part in parts]
    exact = [Decimal(str(part)) * 1000 for part in parts if not is_unknown(part)]
    if any(each[0] in "<>" or each == UNKNOWN for each in told) or not math.isclose(sum(exact), 1000, rel_tol=1e-6):
        return told
    # Sums of floats in another order miss by the last digits.
    by_size = sorted(range(len(exact)), key=lambda place: -exact[place])
    tenths = {rank: round(exact[place], 6) for rank, place in enumerate(by_size)}
    written = dict(zip(by_size, rounded_together(tenths, Decimal(1), Decimal(1000)).values(), strict=True))
    return [share(written[place] / 1000) for place in range(len(exact))]


def change(now: Number, before: Number) -> str | None:
    """How much ``now`` differs from ``before`` in per cent, signed; None when that says nothing."""
    if is_unknown(now) or is_unknown(before) or not before:
        return None
    percent = (float(now) / float(before) - 1) * 100  # type: ignore[arg-type]
    if percent >= 1000:
        return f"+{percent / 100 + 1:,.0f}×"
    return f"{percent:+.1f}%"


def energy(wh: Number, like: Number = None) -> str:
    """Energy given in Wh, in the unit that suits it, or the unit of ``like``: the upper end of the range beside it."""
    return _measured(wh, _ENERGY_UNITS, like)


def energy_range(low: Number, high: Number) -> str:
    """A range of energy given in Wh."""
    return _measured_range(low, high, _ENERGY_UNITS)


def emissions(grams: Number, like: Number = None) -> str:
    """A mass of CO2e given in grams, in the unit that suits it, or the unit of ``like``: the upper end of its range."""
    return _measured(grams, _MASS_UNITS, like)


def emissions_range(low: Number, high: Number) -> str:
    """A range of a mass of CO2e given in grams."""
    return _measured_range(low, high, _MASS_UNITS)


def water(millilitres: Number) -> str:
    """A volume of water given in millilitres, in the unit that suits it."""
    return _measured(millilitres, _VOLUME_UNITS)


def intensity(g_per_kwh: Number) -> str:
    """Carbon intensity in gCO2e/kWh."""
    return UNKNOWN if is_unknown(g_per_kwh) else f"{float(g_per_kwh):,.0f} g/kWh"  # type: ignore[arg-type]


def energy_unit(largest_wh: Number) -> tuple[str, float]:
    """The unit for a column or axis whose largest value is ``largest_wh``, and how many Wh it is."""
    return _unit(largest_wh, _ENERGY_UNITS)


def emissions_unit(largest_g: Number) -> tuple[str, float]:
    """The unit for a column or axis whose largest value is ``largest_g``, and how many grams it is."""
    return _unit(largest_g, _MASS_UNITS)


def is_unknown(number: Number) -> bool:
    """Whether a figure is missing: None, NaN or pandas' NA."""
    if number is None or not isinstance(number, (int, float, Decimal)):
        return number is None or not hasattr(number, "__float__") or math.isnan(float(number))
    return math.isnan(number)


def _measured(value: Number, units: tuple[tuple[str, float], ...], like: Number = None) -> str:
    if is_unknown(value):
        return UNKNOWN
    unit, scale = _unit(value if is_unknown(like) else like, units)
    return f"{_significant(float(value) / scale)} {unit}"  # type: ignore[arg-type]


def _measured_range(low: Number, high: Number, units: tuple[tuple[str, float], ...]) -> str:
    if is_unknown(low) or is_unknown(high):
        return UNKNOWN
    unit, scale = _unit(high, units)
    return f"{_significant(float(low) / scale)} – {_significant(float(high) / scale)} {unit}"  # type: ignore[arg-type]


def _unit(value: Number, units: tuple[tuple[str, float], ...]) -> tuple[str, float]:
    size = 0.0 if is_unknown(value) else abs(float(value))  # type: ignore[arg-type]
    # What three digits would round up to a thousand already takes the next unit.
    return next((unit for unit in reversed(units) if size >= unit[1] * 0.9995), units[0])


def _significant(number: float) -> str:
    """Three significant digits, in full: 1,234 or 12.3 or 0.00123."""
    if number == 0:
        return "0"
    number = float(f"{number:.3g}") if abs(number) < 1000 else number
    decimals = max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:,.{decimals}f}"
