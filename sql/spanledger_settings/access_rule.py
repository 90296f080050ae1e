"""An access rule as it is configured: what somebody who logged in at the dashboards may see, by his provider's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Role = Literal["finance", "sustainability", "platform", "tenant"]


class AccessRule(BaseModel):
    """One rule: the first of several that fits holds, and who fits none sees nothing.

    Attributes:
        claim: A claim of the identity provider, such as ``email`` or ``groups``.
        value: What the claim is, or, of a list, holds; unset: anything.
        roles: What is seen: the pages of these readers, of every tenant; or ``tenant``: one tenant's rows alone.
        tenant: Whose rows the role ``tenant`` sees.
        tenant_claim: The claim that names him, instead.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str = Field(default="email", min_length=1)
    value: str | None = Field(default=None, min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)
    tenant: str | None = Field(default=None, min_length=1)
    tenant_claim: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = [name for name in (self.tenant, self.tenant_claim) if name is not None]
        if "tenant" in self.roles and len(self.roles) > 1:
            raise ValueError("the role tenant stands alone: the others see every tenant")
        if "tenant" in self.roles and len(named) != 1:
            raise ValueError("the role tenant needs either tenant or tenant_claim")
        if "tenant" not in self.roles and named:
            raise ValueError("tenant and tenant_claim go with the role tenant alone")
        return self

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Whether what the provider says of somebody is what the rule asks for; an unverified address never is."""
        if self.claim not in claims or (self.claim == "email" and claims.get("email_verified") is False):
            return False
        said = claims[self.claim]
        return self.value is None or self.value in (said if isinstance(said, (list, tuple)) else [said])


def rule_for(rules: Iterable[AccessRule], claims: Mapping[str, Any]) -> AccessRule | None:
    """The first rule that fits, with the tenant that it means; None where none does, or none is named."""
    rule = next((rule for rule in rules if rule.fits(claims)), None)
    if rule is None or rule.tenant_claim is None:
        return rule
    tenant = claims.get(rule.tenant_claim)
    return rule.model_copy(update={"tenant": tenant}) if isinstance(tenant, str) and tenant else None
