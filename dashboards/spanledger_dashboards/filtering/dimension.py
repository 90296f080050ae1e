"""The dimensions that readers narrow pages by: their names in addresses and reports, and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_dashboards.drawing.plain_text import unturned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Dimension:
    """A dimension of calls.

    Attributes:
        name: As addresses, the reports' parameter ``where`` and the command line have it.
        title: For people.
        absent: What calls without one are called.
    """

    name: str
    title: str
    absent: str

    def asked(self, value: str) -> str:
        """A value as readers see it, as calls have it, but for characters that turn what follows."""
        return "" if value == self.absent else value

    def shown(self, value: str) -> str:
        """The reverse; characters that turn what follows are shown as one that does not."""
        return unturned(value) or self.absent


# Beside the tenant and the dimensions of one's own, which have filters of their own.
DIMENSIONS = (
    Dimension("cost_center", "Cost centre", "(no cost centre)"),
    Dimension("environment", "Environment", "(no environment)"),
    Dimension("service", "Service", "(no service)"),
    Dimension("feature", "Feature", "(no feature)"),
    Dimension("workflow", "Workflow", "(no workflow)"),
    Dimension("provider", "Provider", "(unknown provider)"),
    Dimension("model", "Model", "(unknown model)"),
    Dimension("zone", "Grid zone", "(unknown zone)"),
)
BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}


def title(name: str) -> str:
    """A dimension's title by its name; of one of one's own it is the name."""
    known = {"tenant": "Tenant", **{one.name: one.title for one in DIMENSIONS}}
    return known.get(name, name)


def by_look(values: Iterable[str], shown: Callable[[str], str] = unturned) -> dict[str, list[str]]:
    """Values as calls have them, by how readers and addresses see them: several may look alike."""
    found: dict[str, list[str]] = {}
    for value in values:
        found.setdefault(shown(value), []).append(value)
    return found
