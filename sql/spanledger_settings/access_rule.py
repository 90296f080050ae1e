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
        value: What the claim is, or, of a list, holds; unset: anything but nothing, such as an empty list.
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
        if self.claim == "email" and not is_verified(claims):
            return False
        said = claims.get(self.claim)
        values = said if isinstance(said, (list, tuple)) else [said]
        return any(values) if self.value is None else self.value in values

    def named_tenant(self, claims: Mapping[str, Any]) -> str | None:
        """The tenant that the rule means, if his is its role; None where the claim that names him is not one text."""
        if self.tenant_claim is None:
            return self.tenant
        tenant = claims.get(self.tenant_claim)
        return tenant if isinstance(tenant, str) and tenant else None


def is_verified(claims: Mapping[str, Any]) -> bool:
    """Whether the provider stands by the e-mail address; some write what is true as a text."""
    return "email_verified" not in claims or claims["email_verified"] in (True, "true", "True")


def rule_for(rules: Iterable[AccessRule], claims: Mapping[str, Any]) -> AccessRule | None:
    """The first rule that fits; None where none does."""
    return next((rule for rule in rules if rule.fits(claims)), None)
