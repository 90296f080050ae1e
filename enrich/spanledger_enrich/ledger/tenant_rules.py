"""Tenant rules in the database: the configured ones, in force from the moment on that they are stored."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from spanledger_settings.mendable import MendableError
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_settings.tenant_rule import TenantRule
    from spanledger_sql.store import Store


class TenantRuleError(MendableError):
    """A rule that the database cannot follow; the message names its number and field."""


def store_rules(store: Store, rules: Sequence[TenantRule] | None) -> bool:
    """Put the configured rules in force; says whether they are others than those that were.

    What the ledger has stays as it is until it is restated. None, where the configuration says nothing, leaves the
    rules as they are: a command that runs in another folder takes nothing away.

    Raises:
        TenantRuleError: A pattern is not RE2, or its tenant names a group that it has not.
    """
    if rules is None:
        return False
    text = json.dumps([rule.model_dump(mode="json", exclude={"lookup_file"}) for rule in rules], sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    known = store.value("SELECT argMax(fingerprint, version) FROM tenant_rule_set")
    if known == fingerprint or (not known and not rules):
        return False
    for number, rule in enumerate(rules, 1):
        if rule.pattern is not None:
            _try(store, number, rule)
    # Above all before: a clock may have been ahead.
    version = max(time.time_ns() // 1000, 1 + int(store.value("SELECT max(version) FROM tenant_rule_set")))
    rows = [row for number, rule in enumerate(rules, 1) for row in _rows(version, number, rule)]
    if rows:
        store.insert("tenant_rule", rows)
    store.insert("tenant_rule_set", [{"version": version, "fingerprint": fingerprint, "rules": len(rules)}])
    return True


def follow_rules(store: Store, scope: Mapping[str, Any]) -> None:
    """Write what the rules in force say of the calls of a batch or of a restatement's chunk.

    Args:
        store: The database.
        scope: The parameters of the stages that say which calls, with the stages' tables.
    """
    version = store.value("SELECT max(version) FROM tenant_rule_set")
    if version:
        names = ("inserts", "spans", "restatement_id", "restated_chunk")
        store.execute(
            statement("ledger/batch/call_tenant"), {"version": version, **{name: scope[name] for name in names}}
        )


def _rows(version: int, number: int, rule: TenantRule) -> list[dict[str, Any]]:
    row = {
        "version": version,
        "rule": number,
        "attribute": rule.attribute,
        "kind": rule.kind,
        "before_span": int(rule.before_span),
        "value": "",
        "pattern": "" if rule.pattern is None else f"^(?:{rule.pattern})$",
        "tenant": rule.tenant or "",
    }
    if rule.kind != "lookup":
        return [row]
    return [{**row, "value": value, "tenant": tenant} for value, tenant in (rule.lookup or {}).items()]


def _try(store: Store, number: int, rule: TenantRule) -> None:
    try:
        store.value(
            "SELECT replaceRegexpOne('', {pattern:String}, {tenant:String})",
            pattern=f"^(?:{rule.pattern})$",
            tenant=rule.tenant,
        )
    except StoreError as error:
        raise TenantRuleError(
            f"tenant_rules: rule {number}: pattern {rule.pattern!r} or tenant {rule.tenant!r}: {error}"
        ) from None
