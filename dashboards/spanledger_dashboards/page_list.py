"""The pages, in the order of the navigation: each a module below `pages` with a function ``page(filters)``.

One may have a function ``begin(filters)``, which asks ahead what it is drawn from.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from spanledger_dashboards.report import asking

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_dashboards.viewer import Viewer

Reader = Literal["finance", "sustainability", "platform"]


@dataclass(frozen=True)
class Listed:
    """A page in the list.

    Attributes:
        reader: Whose it is; the folder below `pages`.
        title: In the navigation.
        icon: Beside it.
        url_path: Its address; what was shared once must lead there always.
        module: Where it is, in the folder.
        of_tenants: Whether somebody who sees one tenant's rows alone has it, too.
    """

    reader: Reader
    title: str
    icon: str
    url_path: str
    module: str
    of_tenants: bool = False

    def is_for(self, viewer: Viewer) -> bool:
        """Whether it is shown to somebody."""
        return self.reader in viewer.readers and (viewer.tenant is None or self.of_tenants)

    def begin(self, filters: Filters) -> None:
        """Begin to ask what it is drawn from, where that is known by the filters alone."""
        if (begin := getattr(self.load(), "begin", None)) is not None:
            begin(filters)

    def draw(self, filters: Filters) -> None:
        """Draw the page."""
        with asking():
            cast("Callable[[Filters], None]", self.load().page)(filters)

    def load(self) -> ModuleType:
        """Its module."""
        return importlib.import_module(f"spanledger_dashboards.pages.{self.reader}.{self.module}")


PAGES = (
    Listed("finance", "Overview", ":material/payments:", "finance", "overview", of_tenants=True),
    Listed("finance", "Tenants", ":material/groups:", "tenants", "tenants", of_tenants=True),
    Listed("finance", "Chargeback", ":material/receipt_long:", "chargeback", "chargeback"),
    Listed("finance", "Commitments and seats", ":material/inventory_2:", "commitments", "commitments"),
    Listed("finance", "Prices", ":material/sell:", "prices", "prices"),
    Listed("finance", "Bills", ":material/request_quote:", "bills", "bills"),
    Listed("finance", "Budgets and alarms", ":material/savings:", "budgets", "budgets"),
    Listed("sustainability", "Overview", ":material/eco:", "sustainability", "overview", of_tenants=True),
    Listed(
        "sustainability",
        "By tenant, model, feature",
        ":material/leaderboard:",
        "breakdown",
        "breakdown",
        of_tenants=True,
    ),
    Listed("sustainability", "Inventory", ":material/inventory_2:", "inventory", "inventory"),
    Listed("sustainability", "Grid and evidence", ":material/bolt:", "grid", "grid", of_tenants=True),
    Listed("sustainability", "Hours", ":material/schedule:", "hours", "hours", of_tenants=True),
    Listed("sustainability", "What if", ":material/alt_route:", "whatif", "whatif", of_tenants=True),
    Listed("platform", "Health", ":material/monitor_heart:", "health", "health"),
    Listed("platform", "Quality", ":material/fact_check:", "quality", "quality"),
    Listed("platform", "Capacity", ":material/speed:", "capacity", "capacity"),
    Listed("platform", "Coding agents", ":material/smart_toy:", "agents", "agents"),
    Listed("platform", "Calls", ":material/receipt_long:", "calls", "calls"),
)
