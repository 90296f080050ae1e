"""One call's cost and emissions as arithmetic, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from spanledger_sql.explanation import SUM, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from spanledger_sql.explanation import Step


def explanation(call: Mapping[str, Any]) -> RenderableType:
    """Everything that the call's `inputs` give, for people."""
    return Group(*(spaced for step in steps(call) for spaced in (_printed(step), Text())))


def _printed(step: Step) -> RenderableType:
    if not step.rows:
        return Text(step.title)
    title = f"{step.title}\n  {step.rests_on}" if step.rests_on else step.title
    if not step.heads:
        table = Table(title=title, title_justify="left", title_style="bold", show_header=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
    else:
        table = Table(title=title, title_justify="left", title_style="bold", show_footer=True)
        for place, (head, total) in enumerate(zip(step.heads, step.total, strict=True)):
            table.add_column(head, footer=total, justify="right" if place else "left")
    for row in step.rows:
        table.add_row(*row, style="dim" if row[0].startswith(SUM) else None)
    return table
