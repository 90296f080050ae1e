"""Who looks at a page, and what of the ledger he may see.

Without a log-in everybody who reaches the dashboards sees everything, which is why they listen on this machine alone.
With one (Streamlit's: the section `[auth]` of its secrets) what the identity provider says of a person decides, by the
configured rules, and nobody sees anything without a rule that fits him.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from spanledger_settings.access_rule import is_verified, rule_for
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spanledger_settings.access_rule import AccessRule

READERS = ("finance", "sustainability", "platform")


class NoAccessError(MendableError):
    """Somebody who is not logged in, or whom no rule lets in; the message says how that is mended."""


@dataclass(frozen=True)
class Viewer:
    """A person, or everybody where there is no log-in.

    Attributes:
        name: As he is shown; '' where there is no log-in.
        readers: Whose pages are shown: some of `READERS`.
        tenant: Whose rows alone are seen; None: everybody's.
    """

    name: str = ""
    readers: tuple[str, ...] = READERS
    tenant: str | None = None

    @property
    def told(self) -> str:
        """What he sees, in words."""
        return (
            f"the rows of {self.tenant} alone" if self.tenant is not None else f"the pages of {', '.join(self.readers)}"
        )


def has_login() -> bool:
    """Whether the dashboards ask who one is."""
    return bool(st.secrets.load_if_toml_exists() and "auth" in st.secrets)


def is_logged_in() -> bool:
    """Whether the reader of this page has shown who he is."""
    return get_script_run_ctx(suppress_warning=True) is not None and bool(st.user.get("is_logged_in"))


def current(rules: Iterable[AccessRule]) -> Viewer:
    """Who reads this page.

    Raises:
        NoAccessError: There is a log-in, and nobody who may see anything is logged in here.
    """
    if not has_login():
        return Viewer()
    if not is_logged_in():
        raise NoAccessError("nobody is logged in here; log in first")
    return by_rules(rules, st.user.to_dict())


def by_rules(rules: Iterable[AccessRule], claims: Mapping[str, Any]) -> Viewer:
    """The viewer that the identity provider's claims mean.

    Raises:
        NoAccessError: No rule lets him in.
    """
    rules = tuple(rules)
    named = (claims.get(claim) for claim in ("email", "preferred_username", "name", "sub"))
    name = next((said for said in named if isinstance(said, str) and said), "?")
    rule = rule_for(rules, claims)
    if rule is None:
        raise NoAccessError(f"{name} may not see anything here: {_why_none_fits(rules, claims)}")
    if "tenant" not in rule.roles:
        return Viewer(name, tuple(reader for reader in READERS if reader in rule.roles))
    tenant = rule.named_tenant(claims)
    if tenant is None:
        raise NoAccessError(
            f"{name} may not see anything here: the rule that fits names the tenant by the claim {rule.tenant_claim}, "
            f"which is {_why_no_name(claims, str(rule.tenant_claim))}; whoever runs the identity provider can have it "
            "name one tenant"
        )
    return Viewer(name, ("finance", "sustainability"), tenant)


def _why_none_fits(rules: Sequence[AccessRule], claims: Mapping[str, Any]) -> str:
    if not rules:
        return "spanledger.toml has no access_rules; whoever runs the dashboards can add one"
    asked = list(dict.fromkeys(rule.claim for rule in rules))
    missing = [claim for claim in asked if claim not in claims]
    lacks = f", of which it does not say {_listed(missing)}" if missing else ""
    unverified = "email" in asked and "email" in claims and not is_verified(claims)
    return (
        "none of the access_rules of spanledger.toml fits what the identity provider says: they ask for "
        f"{_listed(asked)}{lacks}{'; it does not call the e-mail address verified' if unverified else ''}; "
        "whoever runs the dashboards can add one"
    )


def _why_no_name(claims: Mapping[str, Any], claim: str) -> str:
    said = claims.get(claim)
    if claim not in claims:
        return "missing"
    return "empty" if said in ("", None) else "a list" if isinstance(said, (list, tuple)) else "no text"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
