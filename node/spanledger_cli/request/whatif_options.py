"""The options that every what-if takes: what would have been different of the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_enrich.books.whatif.assumptions import EVERY_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable

Model = Annotated[
    list[str] | None,
    typer.Option(
        help="A recorded model and the one, or provider/model, to use instead, such as gpt-4o=gpt-4o-mini; without "
        "the recorded one, for all calls but embeddings and reranking. May be repeated."
    ),
]
TokenFactor = Annotated[
    float, typer.Option(help="Tokens of the other model for one recorded token.", min=0.01, max=100)
]
CacheHitRate = Annotated[
    float, typer.Option(help="Share of each prompt that is read from the cache at least.", min=0, max=1)
]
ServiceTier = Annotated[str, typer.Option(help="Of all calls, such as batch.")]


def moved_models(texts: Iterable[str] | None) -> dict[str, str]:
    """What ``--model`` says, as `Assumptions.models`: gpt-4o=gpt-4o-mini, or gpt-4o-mini alone.

    Raises:
        typer.BadParameter: A side is empty.
    """
    return dict(_move(text) for text in texts or ())


def _move(text: str) -> tuple[str, str]:
    recorded, separator, other = (part.strip() for part in text.rpartition("="))
    if not other or (separator and not recorded):
        raise typer.BadParameter(
            f"{text!r}; expected a recorded model and another, such as gpt-4o=gpt-4o-mini", param_hint="--model"
        )
    return recorded or EVERY_MODEL, other
