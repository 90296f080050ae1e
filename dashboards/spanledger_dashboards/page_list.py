"""The pages, in the order of the navigation: each a module below `pages` with a function ``page(filters)``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_dashboards.filters import Filters

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

    def draw(self, filters: Filters) -> None:
        """Draw the page."""
        module = importlib.import_module(f"spanledger_dashboards.pages.{self.reader}.{self.module}")
        cast("Callable[[Filters], None]", module.page)(filters)


PAGES = (
    Listed("finance", "Overview", ":material/payments:", "finance", "overview", of_tenants=True),
    Listed("sustainability", "Overview", ":material/eco:", "sustainability", "overview", of_tenants=True),
    Listed("platform", "Quality", ":material/fact_check:", "quality", "quality"),
    Listed("platform", "Coding agents", ":material/smart_toy:", "agents", "agents"),
)
