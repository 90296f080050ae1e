"""What the identity provider says of somebody, and what the rules make of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from spanledger_dashboards.viewer import NoAccessError, by_rules
from spanledger_settings.access_rule import AccessRule


def test_the_first_rule_that_fits_holds_and_a_tenant_is_named_by_the_rule_or_by_a_claim() -> None:
    rules = [
        AccessRule(value="ann@example.com", roles=("finance", "platform")),
        AccessRule(claim="org", value="acme", roles=("tenant",), tenant="acme-legal"),
        AccessRule(claim="org", roles=("tenant",), tenant_claim="org"),
    ]
    assert by_rules(rules, {"email": "ann@example.com", "org": "acme"}).readers == ("finance", "platform")
    assert by_rules(rules, {"email": "bob@example.com", "org": "acme"}).tenant == "acme-legal"
    assert by_rules(rules, {"sub": "1", "org": "northwind"}).tenant == "northwind"
    for claims in ({"sub": "1"}, {"sub": "1", "org": ""}, {"sub": "1", "org": ["northwind"]}):
        with pytest.raises(NoAccessError, match="none of the access_rules"):
            by_rules(rules, claims)


@pytest.mark.parametrize(
    "rule",
    [
        {"roles": ["tenant"]},
        {"roles": ["tenant", "finance"], "tenant": "a"},
        {"roles": ["finance"], "tenant": "a"},
        {"roles": ["boss"]},
        {"roles": []},
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AccessRule.model_validate(rule)
