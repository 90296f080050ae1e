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


@pytest.mark.parametrize("said", [None, "", [], {}, False, [""], [None]])
def test_a_rule_without_a_value_asks_for_one_all_the_same(said: object) -> None:
    rules = [AccessRule(claim="department", roles=("finance",))]
    assert by_rules(rules, {"department": "accounts"}).readers == ("finance",)
    with pytest.raises(NoAccessError, match="none of the access_rules"):
        by_rules(rules, {"department": said})


@pytest.mark.parametrize("said", ["finance", "a,llm-finance", 7, True, {"llm-finance": True}, [["llm-finance"]], [7]])
def test_a_value_is_the_claims_or_one_of_its_list(said: object) -> None:
    rules = [AccessRule(claim="groups", value="llm-finance", roles=("finance",))]
    assert by_rules(rules, {"groups": "llm-finance"}).readers == ("finance",)
    assert by_rules(rules, {"groups": ["a", "llm-finance"]}).readers == ("finance",)
    with pytest.raises(NoAccessError, match="none of the access_rules"):
        by_rules(rules, {"groups": said})


@pytest.mark.parametrize("verified", [False, "false", "False", 0, None, "", []])
def test_an_address_that_is_not_verified_fits_no_rule_however_the_provider_says_it(verified: object) -> None:
    rules = [AccessRule(value="boss@example.com", roles=("finance",))]
    for said in ({}, {"email_verified": True}, {"email_verified": "true"}):
        assert by_rules(rules, {"email": "boss@example.com", **said}).readers == ("finance",)
    with pytest.raises(NoAccessError, match="it does not call the e-mail address verified"):
        by_rules(rules, {"email": "boss@example.com", "email_verified": verified})


def test_of_two_rules_that_fit_the_first_holds_and_they_are_not_added_up() -> None:
    rules = [
        AccessRule(claim="groups", value="llm-finance", roles=("finance",)),
        AccessRule(claim="groups", value="llm-platform", roles=("platform",)),
    ]
    assert by_rules(rules, {"groups": ["llm-platform", "llm-finance"]}).readers == ("finance",)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["northwind"], "a list"),
        (["northwind", "acme-legal"], "a list"),
        (7, "no text"),
        ({"name": "northwind"}, "no text"),
        ("", "empty"),
        (None, "empty"),
    ],
)
def test_a_tenant_is_named_by_one_text_and_who_has_none_is_told_why(said: object, told: str) -> None:
    rules = [
        AccessRule(claim="sub", roles=("tenant",), tenant_claim="org"),
        AccessRule(claim="sub", roles=("finance",)),
    ]
    with pytest.raises(NoAccessError, match=rf"the tenant by the claim org, which is {told}"):
        by_rules(rules, {"sub": "1", "org": said})
    with pytest.raises(NoAccessError, match=r"the tenant by the claim org, which is missing"):
        by_rules(rules, {"sub": "1"})


def test_who_gets_nothing_is_told_which_claims_the_rules_ask_for_and_which_he_lacks() -> None:
    rules = [AccessRule(value="a@example.com", roles=("finance",)), AccessRule(claim="groups", roles=("finance",))]
    with pytest.raises(NoAccessError, match=r"they ask for email and groups, of which it does not say groups"):
        by_rules(rules, {"email": "b@example.com"})
    with pytest.raises(NoAccessError, match=r"spanledger\.toml has no access_rules"):
        by_rules([], {"email": "b@example.com"})


def test_a_name_that_is_no_text_is_not_shown() -> None:
    rules = [AccessRule(claim="sub", roles=("finance",))]
    assert by_rules(rules, {"email": ["a@example.com"], "name": {"x": 1}, "sub": "1"}).name == "1"


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
