"""What commands there are, in the order of ``--help``: their group, where they are, and a line on each.

A module is imported when its command is used, so that ``--help`` and each command load only what they need.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """A command in the list.

    Attributes:
        group: The heading that it stands under.
        module: Where it is, below `spanledger_cli.commands`; the command is the function or group in it of its name.
        line: What it does, in the list.
    """

    group: str
    module: str
    line: str


_RUN, _FIGURES, _BOOKS = "Run it", "Figures", "Books"
_REFERENCE, _PARTS = "Prices, energy, grid, tenants", "The parts, and what they rest on"

COMMANDS = {
    "up": Listed(_RUN, "run.node", "Run the node: OTLP in, ledger and dashboards out."),
    "demo": Listed(_RUN, "run.demo", "Real traffic through the whole pipeline, then the figures."),
    "ingest": Listed(_RUN, "run.ingest", "Take in OTLP from files."),
    "replay": Listed(_RUN, "run.replay", "Send a public request trace as spans over OTLP."),
    "doctor": Listed(_RUN, "run.doctor", "What is wrong with this set-up, and how to mend it."),
    "backup": Listed(_RUN, "run.backup", "Back the data folder up, while a node runs on it."),
    "restore": Listed(_RUN, "run.backup", "Restore a backup into an empty data folder."),
    "docs": Listed(_RUN, "run.docs", "The pages of the documentation."),
    "chargeback": Listed(_FIGURES, "read.chargeback", "Cost, tokens, energy and emissions by tenant, model ..."),
    "report": Listed(_FIGURES, "read.report", "Any named report: movers, waste and the rest."),
    "agents": Listed(_FIGURES, "read.agents", "Coding agents: cost and emissions by user, team ..."),
    "carbon": Listed(_FIGURES, "carbon.carbon", "Energy and emissions, with their bounds and gaps."),
    "capacity": Listed(_FIGURES, "read.capacity", "Tokens a minute, latency, refusals, and whose share."),
    "explain": Listed(_FIGURES, "read.explain", "How one call's cost and emissions came about."),
    "quality": Listed(_FIGURES, "read.quality", "What each service and instrumentation leaves untold."),
    "whatif": Listed(_FIGURES, "read.whatif", "What recorded usage would have cost otherwise."),
    "sql": Listed(_FIGURES, "read.sql", "Run a query on the ledger's database."),
    "commitments": Listed(_BOOKS, "books.commitments", "Reserved throughput, hardware, flat fees, and who bears them."),
    "budgets": Listed(_BOOKS, "books.budgets", "Budgets, how they stand and what they will come to; alarms."),
    "charges": Listed(_BOOKS, "books.charges", "Storage, seats, fees, taxes, credits: what is no call."),
    "usage": Listed(_BOOKS, "books.usage", "Usage that providers and gateways counted."),
    "bills": Listed(_BOOKS, "books.bills", "Providers' bills, as they came and line by line."),
    "reconcile": Listed(_BOOKS, "books.reconcile", "What was metered against what was billed, by cause."),
    "close": Listed(_BOOKS, "closing.close", "Close a month, so that it cannot change any more."),
    "reopen": Listed(_BOOKS, "closing.close", "Reopen the last closed month, for a reason and with approval."),
    "statement": Listed(_BOOKS, "closing.statement", "A tenant's statement of a closed month: HTML, PDF, CSV, JSON."),
    "disputes": Listed(_BOOKS, "closing.disputes", "Complaints about statements, and their answers."),
    "journal": Listed(_BOOKS, "closing.journal", "A month for the general ledger: balanced debits and credits."),
    "verify": Listed(_BOOKS, "closing.verify", "Prove the books, or a statement against them."),
    "focus": Listed(_BOOKS, "books.focus", "The books as FOCUS datasets."),
    "restate": Listed(_BOOKS, "books.restatements", "Compute calls anew with what is known today."),
    "restatements": Listed(_BOOKS, "books.restatements", "What was restated, by whom and why."),
    "forget": Listed(_BOOKS, "books.forget", "Erase a tenant's or user's name; all sums stay."),
    "prices": Listed(_REFERENCE, "reference.prices", "Price books, exchange rates, and what models mean."),
    "energy": Listed(_REFERENCE, "reference.energy", "What models and hosts draw."),
    "grid": Listed(_REFERENCE, "reference.grid", "Carbon intensity of the grid."),
    "plans": Listed(_REFERENCE, "reference.plans", "Price plans and rate cards: what tenants pay."),
    "tenants": Listed(_REFERENCE, "reference.tenants", "Whose calls are; cost centres and owners of tenants."),
    "collect": Listed(_PARTS, "run.node", "Run only the OTLP receivers, before a ClickHouse server."),
    "enrich": Listed(_PARTS, "run.node", "Run only the worker: bring the ledger up to date."),
    "dashboards": Listed(_PARTS, "run.node", "Run only the dashboards, on a ClickHouse server."),
    "migrate": Listed(_PARTS, "run.node", "Bring the database's schema up to this version."),
    "token": Listed(_PARTS, "run.token", "The tokens by which senders show who they are."),
    "access": Listed(_PARTS, "run.access", "Users of a ClickHouse server, and what each may do."),
    "meter": Listed(_PARTS, "run.meter", "Measure what this host draws, and send it."),
}
