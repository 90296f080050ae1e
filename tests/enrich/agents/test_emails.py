"""E-mail addresses are stored as the configuration says; contents never are."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from captured_agents import booked, captured, forget, rewritten, take
from harness.books import Books
from pydantic import SecretStr

from spanledger_sql.policy import email_rule

ADDRESS = "Ann.Archer@acme.example"
KEY = "a key of this test's"
SIGNALS = ("logs", "metrics", "traces")


def with_address(message: Any) -> None:
    for resource in getattr(message, message.DESCRIPTOR.fields[0].name):
        resource.resource.attributes.add(key="user.email").value.string_value = ADDRESS


@pytest.mark.parametrize(
    ("treatment", "stored"),
    [
        ("hash", "email:" + hmac.digest(KEY.encode(), ADDRESS.lower().encode(), "sha256").hex()[:32]),
        ("keep", ADDRESS),
        ("drop", ""),
    ],
)
@pytest.mark.parametrize("signal", SIGNALS)
def test_an_address_is_stored_as_the_configuration_says(
    books: Books, configure: Any, signal: str, treatment: str, stored: str
) -> None:
    forget(books)
    configure(emails=treatment, email_key=KEY)
    email_rule.follow(books.store, books.configuration)
    told = [request for agent in ("claude-plain", "codex-plain") for request in captured(agent, signal)]
    take(books, rewritten(told, with_address), f"address {signal} {treatment}")
    assert {row["service_name"] for row in booked(books)} == {"claude-code", "codex_exec"}
    found = books.store.rows("SELECT attribution_raw['resource.user.email'] AS address FROM llm_spans")
    assert {row["address"] for row in found} == {stored}
    if signal != "traces":
        assert {row["user_id"] for row in booked(books) if row["service_name"] == "codex_exec"} == {stored}


def test_without_a_configured_key_each_database_has_its_own(books: Books, configure: Any) -> None:
    books.store.execute("TRUNCATE TABLE email_rule")
    configure()
    email_rule.follow(books.store, books.configuration)
    [made] = books.store.rows("SELECT treatment, inner_pad FROM email_rule")
    assert made["treatment"] == "hash"
    email_rule.follow(books.store, books.configuration)
    assert books.store.rows("SELECT treatment, inner_pad FROM email_rule") == [made]
    configure(email_key=SecretStr(KEY).get_secret_value())
    email_rule.follow(books.store, books.configuration)
    assert books.store.value("SELECT uniqExact(inner_pad) FROM email_rule") == 2
