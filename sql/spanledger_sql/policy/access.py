"""Who may do what in a server's database: the least that each part and each reader needs, as SQL.

Roles are made for the parts (collector, worker, dashboards), for those who read figures with tools of their own (BI),
and one for each tenant, whose rows alone it sees, in every table that it may read. Each has a user, who has no way to
log in until somebody gives him one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from spanledger_sql.connection import SESSION_SETTINGS
from spanledger_sql.definitions.schema_file import tables
from spanledger_sql.inserts.requests import INSERTED_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)(.*)", re.DOTALL)
_ENGINE = re.compile(r"^ENGINE = (\w+)", re.MULTILINE)

# What `tenant rules` are in: the collector puts them in force, the views that it feeds follow them.
_RULES = ("tenant_rule", "tenant_rule_set")
# Deleted from in the worker's and the books' ordinary course.
_DELETED_FROM = (
    "allocation", "allocation_row", "charge", "charge_allocation", "charge_share", "commitment", "prepaid_draw",
    "reconciliation_term", "restatement", "restatement_call", "restatement_chunk", "restatement_total", "taken_insert",
)  # fmt: skip
# Emptied for each use or load, beside tables of Memory.
_EMPTIED = ("restatement_change", "uncertainty")
# What a tenant's reports rest on beside his own rows, and tells nothing of others.
_SHARED = (
    "attribute", "enrich_progress", "energy_facility", "energy_model", "exchange_rate", "grid_import", "grid_intensity",
    "grid_water", "grid_zone", "ledger_hour", "migration", "model_resolution", "provider",
    "taken_insert", "uncertainty",
)  # fmt: skip
# Where whose a row is stands in a column, and a tenant may read his own.
_OF_TENANTS = (
    "allocation_row", "call_verdict", "energy_allocation", "hour_names", "hour_waste", "idle_energy", "ledger",
    "ledger_sum", "llm_spans", "outcome",
)  # fmt: skip
# Views of these alone; they read with the rights of who asks.
_VIEWS_FOR_TENANTS = (
    "call_hours", "calls", "calls_at", "drawn_energy", "drawn_hours", "energy_by_host",
    "energy_by_method", "energy_share", "energy_uncertainty", "facility", "idle_drawn", "ledger_hourly",
    "ledger_standing", "recorded_hours",
)  # fmt: skip
# A tenant knows which shared costs he may bear a part of, and not what others pay.
_OF_COMMITMENTS = ("commitment_id", "kind", "begins", "ends", "covers_usage", "imported_at")
# For finance, of all tenants: figures, prices, contracts, bills, budgets and books; without spans, and without who is
# told of alarms and what the receivers answered.
_BI = (
    "alarm", "allocated_cost", "allocation", "allocation_row", "beside_call", "bill", "bill_adjustment", "bill_line",
    "billed_charge", "book_entry", "book_event", "book_journal", "book_line", "book_party", "budget",
    "budget_forecast", "call_hours", "calls", "calls_at", "carded_call", "charge", "charge_allocation",
    "charge_share", "charges", "commitment", "covered_call", "drawn_energy", "drawn_hours", "energy_by_method",
    "energy_model",
    "energy_uncertainty", "enrich_progress", "exchange_rate", "hour_names", "hour_waste", "idle_drawn",
    "idle_energy", "invoice_share",
    "ledger", "ledger_hour", "ledger_hourly", "ledger_standing", "ledger_sum", "metered_charge", "migration",
    "named_hours", "outcome", "paid_call", "plan_month", "prepaid_draw", "price_list", "price_plan", "price_superseded",
    "priced_entry", "priced_use", "provider", "rate_card", "reconciliation", "reconciliation_term", "tenant_charge",
    "tenant_period",
    "uncertainty", "used_call", "wasted_call",
)  # fmt: skip
# What is only added to, by who closes months.
_BOOKS = ("book_entry", "book_event", "book_journal", "book_line", "book_mark", "book_party", "book_statement")
# The key that hashes of addresses are made with.
_SECRET = ("email_rule",)
_BEING_READ = {"readonly": 2, "max_execution_time": 300}
_QUOTA = {"queries": 3600, "execution_time": 3600}


@dataclass(frozen=True)
class Role:
    """What somebody may do.

    Attributes:
        name: Of the role.
        grants: Statements.
        policies: By table: which of its rows are seen.
        settings: Of the role's profile.
        quota: An hour's; empty: none.
    """

    name: str
    grants: tuple[str, ...]
    policies: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str | int] = field(default_factory=dict)
    quota: Mapping[str, int] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """Who has it; not of its name, which statements would take for the user's."""
        return f"{self.name}_user"


def roles(database: str, tenants: Iterable[str] = ()) -> list[Role]:
    """The roles of a database, and one for each tenant."""
    of_parts = [
        Role("spanledger_owner", _grants(database, "spanledger_owner", _owner())),
        Role("spanledger_collector", _grants(database, "spanledger_collector", _collector())),
        Role("spanledger_worker", _grants(database, "spanledger_worker", _worker())),
        Role(
            "spanledger_books",
            _grants(database, "spanledger_books", [("SELECT", ("*",)), ("-SELECT", _SECRET), ("INSERT", _BOOKS)]),
        ),
        Role(
            "spanledger_dashboards",
            _grants(database, "spanledger_dashboards", [("SELECT", ("*",)), ("-SELECT", _SECRET)]),
            settings=_BEING_READ,
        ),
        Role("spanledger_bi", _grants(database, "spanledger_bi", [("SELECT", _BI)]), settings=_BEING_READ),
    ]
    return [*of_parts, *(_tenant(database, tenant) for tenant in dict.fromkeys(tenants))]


def statements(database: str, tenants: Iterable[str] = ()) -> list[str]:
    """All statements, in the order that they can be run in; each can be run again."""
    found = []
    for role in roles(database, tenants):
        name = identifier(role.name)
        settings = {**SESSION_SETTINGS, **role.settings}
        found += [
            f"CREATE ROLE IF NOT EXISTS {name}",
            f"CREATE SETTINGS PROFILE OR REPLACE {name} SETTINGS "
            + ", ".join(f"{key} = {_setting(value)}" for key, value in settings.items())
            + f" TO {name}",
            *role.grants,
        ]
        found += [
            f"CREATE ROW POLICY OR REPLACE {name} ON {identifier(database)}.{table} FOR SELECT USING {rows} TO {name}"
            for table, rows in role.policies.items()
        ]
        if role.quota:
            most = ", ".join(f"{key} = {value}" for key, value in role.quota.items())
            found.append(f"CREATE QUOTA OR REPLACE {name} FOR INTERVAL 1 hour MAX {most} TO {name}")
        found += [
            f"CREATE USER IF NOT EXISTS {identifier(role.user)} HOST NONE",
            f"GRANT {name} TO {identifier(role.user)}",
            f"ALTER USER {identifier(role.user)} DEFAULT ROLE {name}",
        ]
    return found


def scope_settings(tenant: str) -> dict[str, str | int]:
    """Settings by which a connection sees a tenant's rows alone and writes nothing; the engine holds to them.

    With `readonly` = 1 no query can take them back. On a server row policies hold beside them, whoever connects.
    """
    kept = {name for name, (engine, _) in _known().items() if engine not in {"Null", "Memory"}}
    role = _tenant("", tenant)
    # A filter holds no subquery: of the states of shared costs only the tenant's rows are read, which name their own.
    shown = {**role.policies, "allocation": "1"}
    filters = {name: shown.get(name, "0") for name in sorted({*kept, *shown} - set(_SHARED))}
    text = ", ".join(f"{_literal(name)}: {_literal(rows)}" for name, rows in filters.items())
    return {"additional_table_filters": f"{{{text}}}", "readonly": 1}


def identifier(name: str) -> str:
    """A name as SQL takes it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def tables_of_tenants() -> list[str]:
    """The tables that are kept and say of each row whose it is."""
    return [
        name for name, (engine, text) in _known().items() if engine != "Memory" and re.search(r"\btenant_id\b", text)
    ]


def _owner() -> list[tuple[str, Iterable[str]]]:
    rights = "SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE"
    # `forget` has the statements that held a name forgotten as well.
    return [(rights, ("*",)), ("TABLE ENGINE", ()), ("SELECT", ("system.mutations",))]


def _collector() -> list[tuple[str, Iterable[str]]]:
    taking_in = [name for name, (engine, _) in _known().items() if engine == "Null"]
    return [
        ("INSERT", taking_in),
        ("SELECT, INSERT", (*_RULES, "taken_file")),
        ("SELECT", ("migration",)),
        # An insert whose end nobody saw is taken back.
        *((f"SELECT({', '.join(columns)}), ALTER DELETE", (table,)) for table, columns in INSERTED_TABLES.items()),
        ("SELECT", ("system.processes",)),
    ]


def _worker() -> list[tuple[str, Iterable[str]]]:
    """Reads and writes the ledger and what it rests on; neither spans as they come, nor books, nor the schema."""
    not_written = [
        name
        for name, (engine, _) in _known().items()
        if engine == "Null" or name in {*INSERTED_TABLES, *_BOOKS, "migration", "reported_outcome"}
    ]
    kept = [name for name, (engine, _) in _known().items() if engine != "Memory"]
    return [
        ("SELECT, INSERT, CREATE TABLE, DROP TABLE, TRUNCATE", ("*",)),
        ("TABLE ENGINE", ()),
        ("-INSERT", not_written),
        # Tables that it makes for itself it may drop and empty, those of the schema not.
        ("-DROP TABLE", list(_known())),
        ("-TRUNCATE", [name for name in kept if name not in _EMPTIED]),
        ("ALTER DELETE", _DELETED_FROM),
        ("SELECT", ("system.processes", "system.parts", "system.tables", "system.columns")),
    ]


def _tenant(database: str, tenant: str) -> Role:
    name = f"spanledger_tenant_{tenant}"
    own = f"tenant_id = {_literal(tenant)}"
    borne = " OR ".join(
        (
            f"has(tenants, {_literal(tenant)})",
            f"has(share_tenants, {_literal(tenant)})",
            f"idle_owner = {_literal(tenant)}",
        )
    )
    borne_in = f"{identifier(database)}.allocation_row"
    return Role(
        name,
        _grants(
            database,
            name,
            [
                ("SELECT", (*_OF_TENANTS, *_SHARED, *_VIEWS_FOR_TENANTS, "allocated_cost")),
                (f"SELECT({', '.join(_OF_COMMITMENTS)})", ("commitment",)),
                ("SELECT", ("allocation",)),
            ],
        ),
        # All of them, also those that it may not read: a right that is given later opens nobody else's rows.
        policies={
            **dict.fromkeys(tables_of_tenants(), own),
            "commitment": f"{borne} OR empty(tenants) AND empty(share_tenants)",
            "allocation": f"commitment_id IN (SELECT commitment_id FROM {borne_in} WHERE {own})",  # noqa: S608
        },
        settings=_BEING_READ,
        quota=_QUOTA,
    )


def _grants(database: str, role: str, rights: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    found = []
    for right, names in rights:
        if right == "TABLE ENGINE":
            found.append(f"GRANT TABLE ENGINE ON * TO {identifier(role)}")
        for name in names:
            where = name if "." in name else f"{identifier(database)}.{name}"
            if right.startswith("-"):
                found.append(f"REVOKE {right[1:]} ON {where} FROM {identifier(role)}")
            else:
                found.append(f"GRANT {right} ON {where} TO {identifier(role)}")
    return tuple(found)


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Engine and text of each table of the schema."""
    found = {}
    for statement in (one for file in tables() for one in file.statements):
        if made := _TABLE.match(statement):
            engine = _ENGINE.search(made[2])
            found[made[1]] = (engine[1] if engine else "", made[2])
    return found


def _setting(value: str | int) -> str:
    return _literal(value) if isinstance(value, str) else str(value)


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
