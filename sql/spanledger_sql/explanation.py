"""One call's cost and emissions as arithmetic that can be checked by hand: the ledger's own, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_settings.figures import is_unknown
from spanledger_sql.result_frame import known
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an explanation.

    Attributes:
        title: What it comes to.
        rests_on: Where its prices are from; '' of others.
        heads: Of the columns, where it is a sum; else the rows are a name and what is to be said of it.
        rows: The rows; of a sum those that begin with a sum's mark stand for a column of the ledger.
        total: The last row of a sum.
    """

    title: str
    rests_on: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: tuple[str, ...] = ()


SUM = "  = "
"""What the name of a partial sum begins with."""


def inputs(store: Store, trace_id: str, span_id: str) -> dict[str, Any] | None:
    """All that a call's cost and emissions rest on: its report ``explain``, with the price entries that it used.

    ``list_price`` and ``contract_price`` are what `lookups/call_at_its_price` gives: a row of a price book and what the
    call's quantities come to at it; None where the call has no such price.
    """
    rows = store.rows(statement("reports/calls/explain"), trace_id=trace_id.lower(), span_id=span_id.lower())
    if not rows:
        return None
    call = {name: known(value) for name, value in rows[0].items()}
    for name, price_id in (("list_price", call["price_id"]), ("contract_price", call["contract_price_id"])):
        ids = {"trace_id": call["trace_id"], "span_id": call["span_id"], "price_id": price_id}
        found = store.rows(statement("lookups/call_at_its_price"), **ids) if price_id else []
        call[name] = found[0] if found else None
    return call


def with_arithmetic(call: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs for programs, with the products of both costs."""
    return {
        **call,
        **{
            f"{name}_arithmetic": call[f"{name}_price"]["products"]
            for name in ("list", "contract")
            if call[f"{name}_price"] is not None
        },
    }


def steps(call: Mapping[str, Any]) -> list[Step]:
    """Everything that `inputs` gives, for people."""
    found = [_identity(call), _tokens(call), _cost(call, "List cost", "list_cost", "list_price")]
    if call["contract_price"] is not None:
        found.append(_cost(call, "Contracted cost", "contracted_cost", "contract_price"))
    elif call["contracted_cost"] is not None:
        found.append(Step("Contracted cost: no contract applies, so it is the list cost"))
    return [*found, _emissions(call)]


def _identity(call: Mapping[str, Any]) -> Step:
    model = call["response_model"] or call["request_model"]
    said = {}
    said["when"] = f"{call['ts']:%Y-%m-%d %H:%M:%S.%f} UTC, {call['duration_ms']:,.0f} ms, {call['status']}"
    said["who"] = f"tenant {call['tenant_id']} (from {call['tenant_source']}), feature {call['feature'] or '–'}"
    said["what"] = f"{call['operation']} with {model} at {call['provider'] or '(no provider)'}"
    tier = ", ".join(filter(None, (call["service_tier"], call["speed"], call["cloud_region"])))
    said["how"] = f"service tier {tier}" if tier else "standard service tier"
    said["read as"] = f"{call['dialect']}; usage {call['usage_source']}, {call['usage_note'] or 'as reported'}"
    said["priced as"] = _meaning(call)
    if not call["counted"]:
        said["not counted"] = f"{call['counted_reason']}: what follows is in no total, so that nobody pays twice"
    return Step(f"Call {call['trace_id']} {call['span_id']}", rows=tuple(said.items()))


def _meaning(call: Mapping[str, Any]) -> str:
    if not call["price_model"]:
        return f"nothing: {call['resolution_note'] or 'it was not looked up'}"
    named = f"{call['price_provider']}/{call['price_model']}".strip("/")
    bought = f", bought from {call['seller']}" if call["seller"] not in {"", call["price_provider"]} else ""
    note = f" ({call['resolution_note']})" if call["resolution_note"] else ""
    return f"{named}{bought}{note}"


def _tokens(call: Mapping[str, Any]) -> Step:
    if call["vendor_unit"]:
        return Step(f"Usage: {call['vendor_quantity'].normalize():f} x {call['vendor_unit']}")
    read, written = call["cache_read_tokens"], max(call["cache_write_tokens"], call["cache_write_1h_tokens"])
    return Step(
        f"Tokens: {call['input_tokens']:,} in, of which {read:,} read from the cache, {written:,} written to it"
        f" ({call['cache_write_1h_tokens']:,} for an hour) and {call['input_audio_tokens']:,} of audio;"
        f" {call['output_tokens']:,} out, of which {call['reasoning_tokens']:,} of reasoning"
        f" and {call['output_audio_tokens']:,} of audio; {call['web_searches']:,} web searches"
    )


def _cost(call: Mapping[str, Any], title: str, column: str, price: str) -> Step:
    entry = call[price]
    if call[column] is None or entry is None:
        reason = "its usage is missing or not believed" if entry is not None else "no price book knows it"
        return Step(f"{title}: unknown, {call['price_status']}: {call['resolution_note'] or reason}")
    rows: list[tuple[str, ...]] = []
    for name, usd in entry["costs"].items():
        products = [product for product in entry["products"] if product["column"] == name]
        for product in products:
            least = f" (at least {_plain(product['minimum'])})" if product["minimum"] else ""
            rows.append(
                (
                    product["class"].replace("_", " "),
                    f"{product['quantity'].normalize():,f}",
                    _plain(product["price"]),
                    _plain(product["usd"]) + least,
                )
            )
        if products:
            rows.append((f"{SUM}{name.replace('_', ' ')}", "", "", f"{usd:f}"))
    total = sum(entry["costs"].values(), Decimal(0))
    differs = "" if total == call[column] else f" but the ledger has {call[column]:f}: the price has changed since"
    return Step(
        f"{title}: {entry['price_id']}, {_since(entry['valid_from'])}, {_step(entry)}",
        f"from {entry['source']}{_terms(entry)}",
        ("class", "quantity", "USD for one", "USD"),
        tuple(rows),
        ("sum, each column of the ledger rounded to 1e-12", "", "", f"{total:f}{differs}"),
    )


def _step(entry: Mapping[str, Any]) -> str:
    """Which of the entry's prices are the call's."""
    parts = []
    if not is_unknown(entry["tier_start"]):
        parts.append(f"the prompt is over {entry['tier_start']:,} tokens")
    if not is_unknown(second := entry["window_start"]):
        parts.append(f"from {second // 3600:02d}:{second // 60 % 60:02d} UTC")
    return ", ".join(parts) or "base price"


def _terms(entry: Mapping[str, Any]) -> str:
    whose = [
        f"{name.removeprefix('provider_').removesuffix('_id')} {entry[name]}"
        for name in ("tenant_id", "provider_account", "environment") if entry[name]
    ]  # fmt: skip
    terms = f", for {' '.join(whose) or 'everybody'}, sha256 {entry['sha256'][:12]}" if entry["sha256"] else ""
    if entry["currency"] != "USD":
        terms += f", {entry['currency']} at {_plain(entry['exchange_rate'])} USD"
    return terms


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _emissions(call: Mapping[str, Any]) -> Step:
    if is_unknown(call["energy_wh"]):
        reason = "no energy model knows this model" if call["usage_source"] != "missing" else "its usage is missing"
        return Step(f"Energy and emissions: unknown: {reason}")
    title = "Energy and emissions (location-based, operational)"
    said = {}
    bounds = f"{call['energy_wh']:.6g} Wh ({call['energy_wh_low']:.4g} to {call['energy_wh_high']:.4g})"
    said["energy"] = f"{_reckoned(call)} = {bounds}, PUE included"
    if _is_another_today(call):
        said["but"] = f"its entry or its place's PUE has changed since: today it would be {call['modelled_wh']:.6g} Wh"
    source = "" if call["energy_method"] == "measured" else f", {call['energy_source']}"
    said["method"] = f"{call['energy_method']}: {call['energy_id']}{source}"
    said["place"] = f"zone {call['zone'] or '–'}: {call['zone_source'] or 'default zone'}"
    if is_unknown(call["intensity_g_per_kwh"]):
        said["emissions"] = "unknown: no intensity of this zone"
        return Step(title, rows=tuple(said.items()))
    said["intensity"] = (
        f"{call['intensity_g_per_kwh']:.2f} gCO2e/kWh, of the {call['intensity_resolution']}:"
        f" {call['intensity_source']}"
    )
    said["emissions"] = (
        f"{call['energy_wh']:.6g} Wh / 1000 x {call['intensity_g_per_kwh']:.2f} g/kWh = {call['co2e_g']:.6g} gCO2e"
        f" ({call['co2e_g_low']:.4g} to {call['co2e_g_high']:.4g})"
    )
    if not is_unknown(call["co2e_market_g"]) and not is_unknown(call["market_g_per_kwh"]):
        said["market-based"] = (
            f"{call['energy_wh']:.6g} Wh / 1000 x {call['market_g_per_kwh']:.2f} g/kWh = {call['co2e_market_g']:.6g}"
            f" gCO2e: {call['market_source']}"
        )
    embodied = "unknown" if is_unknown(call["embodied_g"]) else f"{call['embodied_g']:.4g} gCO2e, not included above"
    said["embodied"] = embodied
    # A call that drew nothing has no litres per kWh.
    if not is_unknown(call["water_ml"]) and not is_unknown(call["water_l_per_kwh"]):
        said["water"] = (
            f"{call['energy_wh']:.6g} Wh x {call['water_l_per_kwh']:.4g} l/kWh = {call['water_ml']:.4g} ml, on site "
            "and at the power plants"
        )
    return Step(title, rows=tuple(said.items()))


def _reckoned(call: Mapping[str, Any]) -> str:
    """How the central energy came about, as arithmetic."""
    if call["energy_method"] == "measured":
        return f"{call['energy_wh'] / call['pue']:.6g} Wh of its host's x PUE {call['pue']:.4g}"
    if is_unknown(call["full_wh"]):
        return "by an entry that is no longer there"
    classes = (
        ("wh_per_output_token", call["output_tokens"], "output tokens"),
        ("wh_per_input_token", call["uncached_read"], "input tokens"),
        ("wh_per_cache_read_token", call["cache_read_tokens"], "cached tokens"),
    )
    terms = [f"{call[name]:.6g} Wh x {count:,} {what}" for name, count, what in classes if call[name]]
    terms += [f"{call['wh_per_request']:.6g} Wh"] if call["wh_per_request"] else []
    text = " + ".join(terms)
    if call["saved_wh"] > 0:
        text += f" - {call['saved_wh']:.6g} Wh, for it took less time than the method expects"
    if abs(call["pue"] / call["entry_pue"] - 1) > 1e-9:
        text = f"({text}) x PUE {call['pue']:.4g} / {call['entry_pue']:.4g}"
    return text


def _is_another_today(call: Mapping[str, Any]) -> bool:
    """Whether what the energy was reckoned by has changed since."""
    if call["energy_method"] == "measured" or is_unknown(call["modelled_wh"]):
        return False
    return bool(abs(call["modelled_wh"] - call["energy_wh"]) > 1e-9 * abs(call["energy_wh"]))


def _since(valid_from: datetime) -> str:
    # A price without a date holds from the beginning of time, which the ledger writes as 1970.
    return "undated" if valid_from.year == 1970 else f"valid from {valid_from:%Y-%m-%d}"
