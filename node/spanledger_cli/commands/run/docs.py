"""The command `docs`: the pages that help and messages name, as this version has them."""

from __future__ import annotations

import difflib
import importlib.resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class NoSuchPageError(AskedWronglyError):
    """There is no page of that name."""


def docs(
    page: Annotated[str, typer.Argument(help="Such as commitments; default: what pages there are.")] = "",
) -> None:
    """Print a page of the documentation, as Markdown.

    Try:

        spanledger docs

        spanledger docs commitments | less
    """
    found = pages()
    if not page:
        for name, text in found.items():
            typer.echo(f"{name:<16} {text.read_text(encoding='utf-8').splitlines()[0].removeprefix('# ')}")
        return
    name = Path(page).stem
    if name not in found:
        near = difflib.get_close_matches(name, found, 1)
        raise NoSuchPageError(
            f"no page {page!r}; {f'meant {near[0]}?' if near else 'expected one of ' + ', '.join(found)}"
        )
    typer.echo(found[name].read_text(encoding="utf-8"), nl=False)


def pages() -> dict[str, Traversable]:
    """The pages by name: those of the installed package, or of the repository that it runs from."""
    installed = importlib.resources.files("spanledger_cli") / "docs"
    folder = installed if installed.is_dir() else Path(__file__).parents[4] / "docs"
    return {
        path.name.removesuffix(".md"): path
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".md")
    }
