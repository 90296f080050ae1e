"""One call's cost and emissions as arithmetic that can be checked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rich.console import RenderableType


def explanation(call: Mapping[str, Any]) -> RenderableType:
    """Everything that a row of the report ``explain`` says, for people."""
    return Group(_identity(call), Text(), _cost(call), Text(), _emissions(call))


def _identity(call: Mapping[str, Any]) -> RenderableType:
    model = call["response_model"] or call["request_model"]
    table = _two_columns(f"Call {call['trace_id']} {call['span_id']}")
    table.add_row("when", f"{call['ts']:%Y-%m-%d %H:%M:%S.%f} UTC, {call['duration_ms']:,.0f} ms, {call['status']}")
    table.add_row("who", f"tenant {call['tenant_id']} (from {call['tenant_source']}), feature {call['feature'] or '–'}")
    table.add_row("what", f"{call['operation']} with {model} at {call['provider'] or '(no provider)'}")
    table.add_row("read as", f"{call['dialect']}; usage {call['usage_source']}")
    return table


def _cost(call: Mapping[str, Any]) -> RenderableType:
    if call["list_cost"] is None:
        reason = call["resolution_note"] if call["price_status"] == "unpriced" else "its usage is missing"
        return Text(f"Cost: unknown, {call['price_status']}: {reason}")
    table = Table(
        title=f"Cost: price {call['price_id']}, {_since(call['price_valid_from'])}, {call['price_source']}",
        title_justify="left",
        title_style="bold",
        show_footer=True,
    )
    table.add_column("class", footer="sum")
    table.add_column("tokens", justify="right")
    table.add_column("USD per token", justify="right")
    table.add_column("USD", justify="right", footer=f"{call['list_cost']:f}")
    for name, tokens, price in priced_classes(call):
        table.add_row(name, f"{tokens:,}", f"{price:f}", f"{tokens * price:f}")
    return table


def priced_classes(call: Mapping[str, Any]) -> Iterator[tuple[str, int, Decimal]]:
    """The classes of tokens, how many there were, and the price of each: their products sum to the cost."""
    tier = sum(call["input_tokens"] > start for start in call["tier_starts"])
    written = max(call["cache_write_tokens"], call["cache_write_1h_tokens"])
    uncached = max(0, call["input_tokens"] - call["cache_read_tokens"] - written)
    counts = {
        "input": uncached,
        "cache_read": call["cache_read_tokens"],
        "cache_write": written - call["cache_write_1h_tokens"],
        "cache_write_1h": call["cache_write_1h_tokens"],
        "output": call["output_tokens"],
    }
    for name, tokens in counts.items():
        price = call[f"tier_{name}_prices"][tier - 1] if tier else call[f"{name}_price"]
        label = f"{name} (prompt over {call['tier_starts'][tier - 1]:,})" if tier else name
        yield label.replace("_", " ", 2), int(tokens), Decimal(price)
    if call["request_price"]:
        yield "request", int(call["status"] == "ok"), Decimal(call["request_price"])


def _emissions(call: Mapping[str, Any]) -> RenderableType:
    if _unknown(call["energy_wh"]):
        reason = "no energy model knows this model" if call["usage_source"] != "missing" else "its usage is missing"
        return Text(f"Energy and emissions: unknown: {reason}")
    table = _two_columns("Energy and emissions (location-based, operational)")
    bounds = f"{call['energy_wh']:.6g} Wh ({call['energy_wh_low']:.4g} to {call['energy_wh_high']:.4g})"
    table.add_row("energy", f"{_reckoned(call)} = {bounds}, PUE included")
    source = "" if call["energy_method"] == "measured" else f", {call['energy_source']}"
    table.add_row("method", f"{call['energy_method']}: {call['energy_id']}{source}")
    table.add_row("place", f"zone {call['zone'] or '–'}: {call['zone_source'] or 'default zone'}")
    if _unknown(call["intensity_g_per_kwh"]):
        table.add_row("emissions", "unknown: no intensity of this zone")
        return table
    table.add_row(
        "intensity",
        f"{call['intensity_g_per_kwh']:.2f} gCO2e/kWh, of the {call['intensity_resolution']}:"
        f" {call['intensity_source']}",
    )
    table.add_row(
        "emissions",
        f"{call['energy_wh']:.6g} Wh / 1000 x {call['intensity_g_per_kwh']:.2f} g/kWh = {call['co2e_g']:.6g} gCO2e"
        f" ({call['co2e_g_low']:.4g} to {call['co2e_g_high']:.4g})",
    )
    if not _unknown(call["co2e_market_g"]):
        table.add_row(
            "market-based",
            f"{call['energy_wh']:.6g} Wh / 1000 x {call['market_g_per_kwh']:.2f} g/kWh = {call['co2e_market_g']:.6g}"
            f" gCO2e: {call['market_source']}",
        )
    embodied = "unknown" if _unknown(call["embodied_g"]) else f"{call['embodied_g']:.4g} gCO2e, not included above"
    table.add_row("embodied", embodied)
    if not _unknown(call["water_ml"]):
        table.add_row(
            "water",
            f"{call['energy_wh']:.6g} Wh x {call['water_l_per_kwh']:.4g} l/kWh = {call['water_ml']:.4g} ml, on site "
            "and at the power plants",
        )
    return table


def _reckoned(call: Mapping[str, Any]) -> str:
    """How the central energy came about, as arithmetic."""
    if call["energy_method"] == "measured":
        return f"{call['energy_wh'] / call['pue']:.6g} Wh of its host's x PUE {call['pue']:.4g}"
    cached = min(call["cache_read_tokens"], call["input_tokens"])
    classes = (
        ("wh_per_output_token", call["output_tokens"], "output tokens"),
        ("wh_per_input_token", call["input_tokens"] - cached, "input tokens"),
        ("wh_per_cache_read_token", call["cache_read_tokens"], "cached tokens"),
    )
    terms = [f"{call[name]:.6g} Wh x {count:,} {what}" for name, count, what in classes if call[name]]
    terms += [f"{call['wh_per_request']:.6g} Wh"] if call["wh_per_request"] else []
    full = sum(call[name] * count for name, count, _ in classes) + call["wh_per_request"]
    overhead = call["pue"] / call["entry_pue"]
    saved = full - call["energy_wh"] / overhead
    text = " + ".join(terms)
    if saved > 1e-9 * full:
        text += f" - {saved:.6g} Wh, for it took less time than the method expects"
    return text if abs(overhead - 1) < 1e-9 else f"({text}) x PUE {call['pue']:.4g} / {call['entry_pue']:.4g}"


def _since(valid_from: datetime) -> str:
    # A price without a date holds from the beginning of time, which the ledger writes as 1970.
    return "undated" if valid_from.year == 1970 else f"valid from {valid_from:%Y-%m-%d}"


def _two_columns(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    return table


def _unknown(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124  (NaN)
