"""A tenant rule as it is configured: whose a call is, by an attribute of its span or resource."""

from __future__ import annotations

import csv
import re
from pathlib import Path  # noqa: TC003 (read at run time)
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_COLUMNS = ["value", "tenant"]


class TenantRule(BaseModel):
    r"""One rule: the first of several that gives a tenant holds.

    Attributes:
        attribute: Name of a span or resource attribute, such as ``service.name`` or ``metadata.user_api_key_alias``.
        lookup: Tenant by the attribute's value.
        lookup_file: The same as CSV with the columns ``value`` and ``tenant``; relative to the working directory.
        pattern: An RE2 expression that the whole value must match.
        tenant: The tenant of what the pattern matches; ``\1`` is its first group.
        before_span: Whether the rule goes before what the span itself says.

    Without lookup, lookup_file and pattern the value is the tenant.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: str = Field(min_length=1)
    lookup: dict[str, str] | None = None
    lookup_file: Path | None = None
    pattern: str | None = None
    tenant: str | None = None
    before_span: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in ("lookup", "lookup_file", "pattern") if getattr(self, name) is not None]
        if len(kinds) > 1:
            raise ValueError(f"{' and '.join(kinds)} exclude each other; make two rules of them")
        if (self.pattern is None) != (self.tenant is None):
            raise ValueError("pattern and tenant go together: tenant = '\\1' takes the pattern's first group")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"pattern {self.pattern!r} is no regular expression: {error}") from None
        if self.lookup_file is not None:
            object.__setattr__(self, "lookup", _read(self.lookup_file))
        for value, tenant in (self.lookup or {}).items():
            if not value or not tenant:
                raise ValueError(
                    f"lookup: {value!r} = {tenant!r}: expected a value and a tenant, neither of them empty"
                )
        return self

    @property
    def kind(self) -> str:
        """``value``, ``lookup`` or ``pattern``."""
        return "pattern" if self.pattern is not None else "value" if self.lookup is None else "lookup"


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if rows.fieldnames != _COLUMNS:
                raise ValueError(f"lookup_file {path}:1: expected the columns value,tenant, found {rows.fieldnames}")
            found: dict[str, str] = {}
            for row in rows:
                value, tenant = row["value"], row["tenant"]
                if not value or not tenant or None in row:
                    raise ValueError(f"lookup_file {path}:{rows.line_num}: expected a value and a tenant")
                if found.setdefault(value, tenant) != tenant:
                    raise ValueError(
                        f"lookup_file {path}:{rows.line_num}: {value!r} is {found[value]!r} above and {tenant!r} here"
                    )
            return found
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"lookup_file {path}: cannot be read: {error}") from None
