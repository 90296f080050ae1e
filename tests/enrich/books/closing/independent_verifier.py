"""A verifier of closed books of its own: plain SELECTs, hashlib and sums, and none of the code that closes."""

import hashlib
import json
from decimal import Decimal
from itertools import groupby

NUMBERS = ("calls", "input_tokens", "cache_read_tokens", "output_tokens", "unpriced_calls", "unknown_energy_calls")
AMOUNTS = (
    "list_cost", "cost", "price", "energy_wh", "co2e_g", "co2e_g_least", "co2e_g_most", "co2e_market_g", "embodied_g",
)  # fmt: skip
LINE = ("party", "service_month", "reason", "kind", "cost_center", "feature", "provider", "model")


def faults(store):
    """What of the books does not hold."""
    events = store.rows("SELECT * FROM book_event ORDER BY number")
    by_posting = {}
    for row in store.rows("SELECT *, toUnixTimestamp64Nano(ts) AS nanoseconds FROM book_entry"):
        by_posting.setdefault(row["posting"], []).append(row)
    found, before, sealed, in_force = [], "", set(), []
    for number, event in enumerate(events, 1):
        said = json.loads(event["body"])
        if (said["number"], said["previous"]) != (number, before) or sha(event["body"]).hex() != event["hash"]:
            found.append(f"chain {number}")
        before = event["hash"]
        entries = by_posting.get(event["posting"], []) if event["posting"] else []
        digest = sum(int.from_bytes(sha(text(row)), "little") for row in entries) % 2**256
        if event["posting"] and said["entries"]["digest"] != f"{digest:064x}":
            found.append(f"entries {number}")
        if any(row["month"] in sealed for row in entries):
            found.append(f"sealed {number}")
        in_force += entries
        if event["action"] == "reopen":
            sealed.discard(event["month"])
        if event["action"] == "hard":
            sealed.add(event["month"])
            found += close(store, event, said, [row for row in in_force if row["month"] == event["month"]])
    return found


def close(store, event, said, entries):
    """What of one close does not hold."""
    name, posting = f"{event['month']} {event['number']}", event["posting"]
    entries = [{**row, "reason": row["reason"] if row["service_month"] != row["month"] else ""} for row in entries]
    of = {
        key: {column: sum(row[column] for row in rows) for column in (*NUMBERS, *AMOUNTS)}
        for key, group in groupby(sorted(entries, key=line_of), line_of)
        for rows in [list(group)]
    }
    lines = store.rows("SELECT * FROM book_line WHERE posting = {p:String}", p=posting)
    if {line_of(line): {column: line[column] for column in (*NUMBERS, *AMOUNTS)} for line in lines} != of:
        yield f"lines of {name}"
    documents = store.rows("SELECT * FROM book_statement WHERE posting = {p:String}", p=posting)
    if {row["party"]: sha(row["document"]).hex() for row in documents} != said["statements"]:
        yield f"statements of {name}"
    stated = [line for row in documents for line in json.loads(row["document"])["lines"]]
    for column in AMOUNTS:
        if sum(Decimal(line[column]) for line in stated) != sum(amounts[column] for amounts in of.values()):
            yield f"{column} of the statements of {name}"
    journal = store.rows("SELECT * FROM book_journal WHERE posting = {p:String}", p=posting)
    if sum(row["debit"] for row in journal) != sum(row["credit"] for row in journal):
        yield f"journal of {name}"


def text(row):
    """An entry as it is hashed."""
    parts = [*(row[name] for name in ("posting", "month", "service_month", "reason", "kind", "party", "cost_center"))]
    parts += [row["feature"], row["provider"], row["model"], row["key"], row["nanoseconds"], row["stands"]]
    parts += [row[name] for name in NUMBERS[:4]] + [f"{row[name]:.12f}" for name in AMOUNTS]
    return "\x1f".join(map(str, [*parts, row["unpriced_calls"], row["unknown_energy_calls"], row["evidence"]]))


def bill_digest(lines):
    """The digest of a bill's lines."""
    return f"{sum(int.from_bytes(sha(line_text(line)), 'little') for line in lines) % 2**256:064x}"


def line_text(line):
    """A line of a bill as it is hashed."""
    parts = [line[name] for name in ("bill_id", "line", "part", "provider", "account", "sub_account", "invoice_id")]
    parts += [line[name] for name in ("service", "sku", "charge_category", "model", "meter", "service_tier", "scope")]
    parts += [line["day"], *(int(line[name].timestamp()) for name in ("begins", "ends")), decimal(line["quantity"])]
    parts += [line["unit"], decimal(line["amount"]), decimal(line["list_amount"]), line["currency"]]
    parts += [decimal(line["exchange_rate"], 22), line["resource"], line["unknown"], line["raw"]]
    return "\x1f".join(map(str, parts))


def decimal(number, decimals=12):
    """A number that may not be told."""
    return "" if number is None else f"{number:.{decimals}f}"


def line_of(row):
    """What makes entries one line."""
    return tuple(row[name] for name in LINE)


def sha(text):
    """SHA-256."""
    return hashlib.sha256(text.encode()).digest()
