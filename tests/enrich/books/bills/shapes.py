"""Each provider's way to write a bill, from the same charges; extras are lines with a word and an amount."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.billed_traffic import MILLION, Charge, Shape, model, write_csv, write_json

Extras = dict[str, Decimal]
_GPT = (
    model("gpt-4o-2024-08-06", "2.50", "1.25", "10", tokens=(40_000, 20_000, 9_000)),
    model("gpt-4o-mini-2024-07-18", "0.15", "0.075", "0.60", tokens=(500_000, 200_000, 90_000)),
)
_CLAUDE = (
    model("claude-sonnet-4-5-20250929", "3", "0.30", "15", tokens=(50_000, 40_000, 8_000)),
    model("claude-haiku-4-5-20251001", "1", "0.10", "5", tokens=(150_000, 90_000, 30_000)),
)
_BEDROCK = (
    model("us.anthropic.claude-sonnet-4-6-v1:0", "3", "0.30", "15", tokens=(50_000, 40_000, 8_000)),
    model("amazon.nova-2-lite-v1:0", "0.30", "0.075", "2.50", tokens=(400_000, 300_000, 60_000)),
)
_GEMINI = (
    model("gemini-2.5-flash", "0.30", "0.075", "2.50", tokens=(400_000, 300_000, 60_000)),
    model("gemini-2.5-pro", "1.25", "0.31", "10", tokens=(60_000, 40_000, 12_000)),
)
_ROUTED = (
    model("anthropic/claude-sonnet-4.5", "3", "0.30", "15", tokens=(50_000, 40_000, 8_000)),
    model("openai/gpt-5.4-mini", "0.75", "0.075", "4.50", tokens=(150_000, 90_000, 30_000)),
)
_DEEPSEEK = (
    model("deepseek-v4-flash", "0.28", "0.028", "0.42", tokens=(900_000, 800_000, 400_000)),
    model("deepseek-v4-pro", "0.56", "0.07", "1.68", tokens=(300_000, 200_000, 100_000)),
)
_TOKEN_TYPE = {"input": "uncached_input_tokens", "cache_read": "cache_read_input_tokens", "output": "output_tokens"}
_CONSOLE_TYPE = {"input": "input_no_cache", "cache_read": "input_cache_read", "output": "output"}
_CONSOLE_TOKENS = {
    "input": "usage_input_tokens_no_cache",
    "cache_read": "usage_input_tokens_cache_read",
    "output": "usage_output_tokens",
}
_DISPLAY = {"claude-sonnet-4-5-20250929": "Claude Sonnet 4.5", "claude-haiku-4-5-20251001": "Claude Haiku 4.5"}


def _openai_kind(one: Charge) -> str:
    kind = {"input": "input", "cache_read": "cached input", "output": "output"}[one.meter]
    return f"{'' if one.tier == 'standard' else one.tier + ' | '}{one.model}, {kind}"


def openai_json(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def result(item: str, amount: Decimal, quantity: Decimal | None, account: str) -> dict[str, Any]:
        return {
            "object": "organization.costs.result",
            "amount": {"value": amount, "currency": "usd"},
            "line_item": item,
            "project_id": account,
            "api_key_id": None,
            "quantity": quantity,
            "quantity_unit": None if quantity is None else "tokens",
        }

    buckets = []
    for (begins, ends), group in itertools.groupby(charges, key=lambda one: (one.begins, one.ends)):
        results = [result(_openai_kind(one), one.amount, one.quantity, one.account) for one in group]
        buckets.append({"start_time": int(begins.timestamp()), "end_time": int(ends.timestamp()), "results": results})
    items = {"unknown": "telepathy minutes", "credit": "credit grant"}
    buckets[0]["results"] += [result(items[word], amount, None, "proj_a") for word, amount in extras.items()]
    return [
        write_json(folder / "costs.json", {"object": "page", "has_more": False, "next_page": None, "data": buckets})
    ]


def openai_csv(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def row(one: Charge, item: str, amount: Decimal, quantity: Decimal | str) -> dict[str, Any]:
        return {
            "start_time": int(one.begins.timestamp()),
            "end_time": int(one.ends.timestamp()),
            "start_time_iso": one.begins.isoformat(),
            "end_time_iso": one.ends.isoformat(),
            "amount_value": f"{amount:.30f}",
            "amount_currency": "usd",
            "quantity": quantity,
            "quantity_unit": "tokens" if quantity else "",
            "line_item": item,
            "user_id": "",
            "api_key_id": "",
            "project_id": one.account,
            "organization_id": "org-1",
            "project_name": "",
            "organization_name": "",
            "user_email": "",
            "api_source": "",
        }

    items = {"unknown": "telepathy minutes", "credit": "credit grant"}
    empty = {**row(charges[0], "", Decimal(0), ""), "amount_value": "", "amount_currency": ""}
    rows = [row(one, _openai_kind(one), one.amount, one.quantity) for one in charges]
    return [
        write_csv(folder / "cost.csv", [*rows, *(row(charges[0], items[w], a, "") for w, a in extras.items()), empty])
    ]


def anthropic_json(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    costs, usage = [], []
    for (begins, ends), group in itertools.groupby(charges, key=lambda one: (one.begins, one.ends)):
        times = {"starting_at": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "ending_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
        found = list(group)
        costs.append(
            {
                **times,
                "results": [
                    {
                        "currency": "USD",
                        "amount": f"{one.amount * 100:f}",
                        "workspace_id": one.account,
                        "description": "x",
                        "cost_type": "tokens",
                        "context_window": "0-200k",
                        "model": one.model,
                        "service_tier": one.tier,
                        "token_type": _TOKEN_TYPE[one.meter],
                        "inference_geo": "not_available",
                    }
                    for one in found
                ],
            }
        )
        counts: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for one in found:
            counts[one.account, one.model, one.tier][one.meter] = one.quantity
        usage.append(
            {
                **times,
                "results": [
                    {
                        **{_TOKEN_TYPE[meter]: value for meter, value in of.items()},
                        "cache_creation": None,
                        "server_tool_use": None,
                        "api_key_id": None,
                        "workspace_id": account,
                        "model": name,
                        "service_tier": tier,
                        "uncached_input_tokens": of["input"],
                    }
                    for (account, name, tier), of in counts.items()
                ],
            }
        )
    for amount in extras.values():
        costs[0]["results"].append(
            {  # type: ignore[attr-defined]
                "currency": "USD",
                "amount": f"{amount * 100:f}",
                "workspace_id": "proj_a",
                "description": "Telepathy",
                "cost_type": "telepathy",
                "model": None,
                "service_tier": None,
                "token_type": None,
            }
        )
    return [
        write_json(folder / "cost_report.json", {"data": costs, "has_more": False}),
        write_json(folder / "usage.json", {"data": usage, "has_more": False}),
    ]


def anthropic_csv(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def row(one: Charge, kind: str, token: str, amount: Decimal) -> dict[str, Any]:
        return {
            "usage_date_utc": f"{one.begins:%Y-%m-%d}",
            "model": _DISPLAY[one.model],
            "workspace": one.account,
            "api_key": "prod",
            "usage_type": "message" if one.tier == "standard" else one.tier,
            "context_window": "≤ 200k",
            "token_type": token,
            "cost_usd": f"{amount:.2f}",
            "list_price_usd": "",
            "cost_type": kind,
            "inference_geo": "",
            "speed": "",
        }

    counts: dict[tuple[str, str, str, str], dict[str, Decimal]] = defaultdict(
        lambda: dict.fromkeys(_CONSOLE_TOKENS.values(), Decimal(0))
    )
    for one in charges:
        counts[f"{one.begins:%Y-%m-%d}", one.model, one.account, one.tier][_CONSOLE_TOKENS[one.meter]] = one.quantity
    tokens = [
        {
            "usage_date_utc": day,
            "model_version": name,
            "api_key": "prod",
            "workspace": account,
            "usage_type": tier,
            **of,
        }
        for (day, name, account, tier), of in counts.items()
    ]
    rows = [row(one, "token", _CONSOLE_TYPE[one.meter], one.amount) for one in charges]
    rows += [row(charges[0], "telepathy", "", amount) for amount in extras.values()]
    return [write_csv(folder / "claude_api_cost.csv", rows), write_csv(folder / "claude_api_tokens.csv", tokens)]


def aws(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    numbers = itertools.count(1)

    def row(one: Charge, kind: str, usage_type: str, amount: Decimal, quantity: Decimal, unit: str) -> dict[str, Any]:
        claude = usage_type.startswith("USE1-MP:")
        product = "Claude Sonnet 4.6 (Amazon Bedrock Edition)" if claude else "Amazon Bedrock"
        return {
            "identity_line_item_id": f"li{next(numbers)}",
            "bill_billing_entity": "AWS Marketplace" if claude else "AWS",
            "bill_invoice_id": "",
            "bill_payer_account_id": "999",
            "line_item_usage_account_id": one.account,
            "line_item_line_item_type": kind,
            "line_item_usage_start_date": f"{one.begins:%Y-%m-%d %H:%M:%S}.000",
            "line_item_usage_end_date": f"{one.ends:%Y-%m-%d %H:%M:%S}.000",
            "line_item_product_code": "9k2h7d" if claude else "AmazonBedrock",
            "line_item_usage_type": usage_type,
            "line_item_usage_amount": quantity,
            "line_item_currency_code": "USD",
            "line_item_unblended_cost": f"{amount:.10f}",
            "product": f'{{"product_name": "{product}"}}',
            "pricing_unit": unit,
        }

    def used(one: Charge) -> dict[str, Any]:
        batch = one.tier == "batch"
        if "claude" in one.model:
            words = {"input": "InputTokenCount", "cache_read": "CacheReadInputTokenCount", "output": "OutputTokenCount"}
            name = f"USE1-MP:USE1_{words[one.meter]}_Global{'_Batch' if batch else ''}-Units"
            return row(one, "Usage", name, one.amount, one.quantity / MILLION, "Units")
        words = {"input": "input-tokens", "cache_read": "cache-read-input-token-count", "output": "output-tokens"}
        name = f"USE1-Nova2.0Lite-{words[one.meter]}{'-batch' if batch else ''}"
        return row(one, "Usage", name, one.amount, one.quantity / 1000, "1K tokens")

    rows = [used(one) for one in charges]
    # A line that comes twice is the same line, by its own number too.
    rows = [
        {
            **one,
            "identity_line_item_id": hash(
                (str(one["line_item_usage_start_date"]), one["line_item_usage_type"], one["line_item_usage_account_id"])
            ),
        }
        for one in rows
    ]
    if "unknown" in extras:
        rows.append(row(charges[0], "Usage", "USE1-Telepathy-minutes", extras["unknown"], Decimal(1), ""))
    if "credit" in extras:
        rows.append(row(charges[0], "Credit", "USE1-Nova2.0Lite-input-tokens", extras["credit"], Decimal(1), ""))
    return [write_csv(folder / "cur.csv", rows)]


def azure(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def row(
        one: Charge, name: str, amount: Decimal, quantity: Decimal, unit: str, kind: str = "Usage"
    ) -> dict[str, Any]:
        return {
            "BillingAccountId": "123",
            "SubscriptionId": one.account,
            "Date": f"{one.begins:%m/%d/%Y}",
            "MeterCategory": "Foundry Models",
            "MeterSubCategory": "Azure OpenAI",
            "MeterName": name,
            "Quantity": quantity,
            "Cost": f"{amount:f}",
            "BillingCurrency": "USD",
            "UnitOfMeasure": unit,
            "ConsumedService": "Microsoft.CognitiveServices",
            "ResourceName": "oai",
            "ChargeType": kind,
        }

    def used(one: Charge) -> dict[str, Any]:
        batch = "Batch " if one.tier == "batch" else ""
        if "mini" in one.model:
            words = {"input": "inp", "cache_read": "cached Inp", "output": "Outp"}[one.meter]
            return row(one, f"gpt-4o-mini-0718-{batch}{words}-glbl Tokens", one.amount, one.quantity / 1000, "1K")
        words = {"input": "inp", "cache_read": "cd inp", "output": "opt"}[one.meter]
        return row(one, f"4o 0806 {batch}{words} Gl 1M Tokens", one.amount, one.quantity / MILLION, "1M")

    rows = [used(one) for one in charges]
    if "unknown" in extras:
        rows.append(row(charges[0], "Telepathy", extras["unknown"], Decimal(1), "1 Minute"))
    if "credit" in extras:
        rows.append(row(charges[0], "4o 0806 inp Gl 1M Tokens", extras["credit"], Decimal(1), "1M", "Refund"))
    return [write_csv(folder / "azure.csv", rows)]


def google(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def row(one: Charge, sku: str, amount: Decimal, quantity: Decimal, given: list[Any]) -> dict[str, Any]:
        return {
            "billing_account_id": "012345",
            "service": {"id": "C7", "description": "Vertex AI"},
            "sku": {"id": "A1", "description": sku},
            "usage_start_time": one.begins.isoformat(),
            "usage_end_time": one.ends.isoformat(),
            "project": {"id": one.account},
            "location": {"region": "global"},
            "cost": amount,
            "currency": "USD",
            "usage": {"amount": quantity, "unit": "count"},
            "credits": given,
            "invoice": {"month": "202610"},
            "cost_type": "regular",
        }

    def sku(one: Charge) -> str:
        name = {"gemini-2.5-flash": "Gemini 2.5 Flash GA", "gemini-2.5-pro": "Gemini 2.5 Pro"}[one.model]
        kind = {"input": "Text Input", "cache_read": "Text Input Caching", "output": "Text Output"}[one.meter]
        return f"{name}{' Batch' if one.tier == 'batch' else ''} {kind} - Predictions"

    given = [{"name": "committed", "amount": extras["credit"], "type": "DISCOUNT"}] if "credit" in extras else []
    rows = [row(one, sku(one), one.amount, one.quantity, given if one is charges[-1] else []) for one in charges]
    if "unknown" in extras:
        rows.append(row(charges[0], "Telepathy", extras["unknown"], Decimal(1), []))
    path = folder / "gcp.jsonl"
    path.write_text("".join(write_json(folder / "row", one).read_text() + "\n" for one in rows))
    return [path]


def _by_day(charges: Sequence[Charge]) -> dict[tuple[str, str], list[Charge]]:
    found: dict[tuple[str, str], list[Charge]] = defaultdict(list)
    for one in charges:
        found[f"{one.begins:%Y-%m-%d}", one.model].append(one)
    return found


def openrouter(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    rows = []
    for (day, name), found in _by_day(charges).items():
        answered = sum((one.quantity for one in found if one.meter == "output"), Decimal(0))
        rows.append(
            {
                "Date": f"{day} 00:00:00",
                "Slug": name,
                "Usage": sum(one.amount for one in found),
                "BYOK Usage": 0,
                "Requests": "",
                "Prompt Tokens": sum(one.quantity for one in found) - answered,
                "Completion Tokens": answered,
                "Reasoning Tokens": 0,
            }
        )
    return [write_csv(folder / "activity.csv", rows)]


def deepseek(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    types = {"input": "input_cache_miss_tokens", "cache_read": "input_cache_hit_tokens", "output": "output_tokens"}
    amounts = [
        {
            "user_id": "u1",
            "start_time_iso": f"{one.begins:%Y-%m-%dT%H:%M:%S}",
            "end_time_iso": f"{one.ends:%Y-%m-%dT%H:%M:%S}",
            "model": one.model,
            "api_key_name": "prod",
            "api_key": "",
            "type": types[one.meter],
            "price": "",
            "amount": one.quantity,
        }
        for one in charges
    ]
    costs = [
        {
            "user_id": "u1",
            "start_time_iso": f"{day}T00:00:00",
            "end_time_iso": f"{found[0].ends:%Y-%m-%dT%H:%M:%S}",
            "model": name,
            "wallet_type": "topped_up",
            "cost": sum(one.amount for one in found),
            "currency": "USD",
        }
        for (day, name), found in _by_day(charges).items()
    ]
    return [write_csv(folder / "cost.csv", costs), write_csv(folder / "amount.csv", amounts)]


def focus(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    meters = {"input": "Input Tokens", "cache_read": "Cache Read Input Tokens", "output": "Output Tokens"}

    def row(one: Charge, category: str, meter: str, amount: Decimal, quantity: Decimal | str) -> dict[str, Any]:
        return {
            "BilledCost": f"{amount:f}",
            "BillingAccountId": "org-1",
            "BillingCurrency": "USD",
            "ChargeCategory": category,
            "ChargePeriodStart": f"{one.begins:%Y-%m-%dT%H:%M:%SZ}",
            "ChargePeriodEnd": f"{one.ends:%Y-%m-%dT%H:%M:%SZ}",
            "ConsumedQuantity": quantity,
            "ConsumedUnit": "Tokens" if quantity else "",
            "InvoiceId": "INV-1",
            "InvoiceIssuerName": "OpenAI",
            "ServiceProviderName": "OpenAI",
            "ServiceName": "OpenAI API",
            "ServiceCategory": "AI and Machine Learning",
            "SkuId": f"{one.model}/{meter}",
            "SkuMeter": f"{'Batch ' if one.tier == 'batch' else ''}{meter}",
            "SubAccountId": one.account,
            "SkuPriceDetails": f'{{"x_ModelId": "{one.model}"}}',
        }

    rows = [row(one, "Usage", meters[one.meter], one.amount, one.quantity) for one in charges]
    for word, amount in extras.items():
        rows.append(row(charges[0], "Credit" if word == "credit" else "Usage", "Telepathy", amount, ""))
    return [write_csv(folder / "focus.csv", rows)]


def plain(folder: Path, charges: Sequence[Charge], extras: Extras) -> list[Path]:
    def row(one: Charge, meter: str, amount: Decimal, quantity: Decimal | str) -> dict[str, Any]:
        return {
            "provider": "mistral",
            "account": one.account,
            "day": f"{one.begins:%Y-%m-%d}",
            "model": one.model,
            "meter": meter,
            "tier": one.tier,
            "quantity": quantity,
            "unit": "tokens" if quantity else "",
            "amount": amount,
            "currency": "USD",
        }

    rows = [row(one, one.meter, one.amount, one.quantity) for one in charges]
    rows += [
        row(charges[0], {"unknown": "telepathy", "credit": "credit"}[word], amount, "")
        for word, amount in extras.items()
    ]
    return [write_csv(folder / "plain.csv", rows)]


Writer = Callable[[Path, Sequence[Charge], Extras], list[Path]]
_MISTRAL = (
    model("mistral-large-2411", "2", "0.20", "6", tokens=(90_000, 40_000, 20_000)),
    model("codestral-2501", "0.30", "0.03", "0.90", tokens=(400_000, 300_000, 60_000)),
)
SHAPES = [
    Shape("OpenAI's API", "openai", _GPT, files=openai_json),
    Shape("OpenAI's CSV", "openai", _GPT, files=openai_csv),
    Shape("Anthropic's API", "anthropic", _CLAUDE, credit=False, files=anthropic_json),
    Shape("Anthropic's CSV", "anthropic", _CLAUDE, credit=False, files=anthropic_csv),
    Shape("AWS", "aws.bedrock", _BEDROCK, files=aws),
    Shape("Azure", "azure.ai.openai", _GPT, files=azure),
    Shape("Google", "gcp.vertex_ai", _GEMINI, zone="America/Los_Angeles", files=google),
    Shape(
        "OpenRouter",
        "openrouter",
        _ROUTED,
        tiers=False,
        accounts=False,
        meters=False,
        unknown=False,
        credit=False,
        files=openrouter,
    ),
    Shape(
        "DeepSeek",
        "deepseek",
        _DEEPSEEK,
        tiers=False,
        accounts=False,
        meters=False,
        unknown=False,
        credit=False,
        files=deepseek,
    ),
    Shape("FOCUS", "openai", _GPT, files=focus),
    Shape("plain CSV", "mistral_ai", _MISTRAL, files=plain),
]
