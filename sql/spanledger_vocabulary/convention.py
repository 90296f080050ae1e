"""Conventions: which tokens a provider, or whoever passes its usage on, counts inside input and output."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from spanledger_vocabulary.dialect import dialects
from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = (
    "name", "said_by", "providers", "models", "beside_input", "beside_output", "total", "source",
)  # fmt: skip
OF_INPUT: Final = ("cache_read", "cache_write", "tool_prompt", "citation")
OF_OUTPUT: Final = ("reasoning",)


class Convention(NamedTuple):
    """How one provider, or one shape of an answer, counts.

    Attributes:
        name: Whose it is.
        said_by: By whom it is said so: "answer", the provider's own answers; dialects; or "any" dialect.
        providers: What those are called who speak another's language and count so.
        models: How the names of their models begin.
        beside_input: Classes of tokens that its input leaves out.
        beside_output: Classes of tokens that its output leaves out.
        total: What `total_tokens` tells: "all" of them; "reasoning" too that nothing else tells; or not "beside", what
            is counted beside the input and output.
        source: Where it is documented.
    """

    name: str
    said_by: tuple[str, ...]
    providers: tuple[str, ...]
    models: tuple[str, ...]
    beside_input: tuple[str, ...]
    beside_output: tuple[str, ...]
    total: Literal["all", "reasoning", "not beside"]
    source: str


@cache
def conventions() -> tuple[Convention, ...]:
    """All of them, in the file's order: the first that fits holds."""
    return read_conventions(FOLDER / "convention.csv")


def read_conventions(path: Path) -> tuple[Convention, ...]:
    """The conventions of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    speakers = {"answer", "any", *(dialect.name for dialect in dialects())}
    names = Once()
    found = []
    for row in read(path, COLUMNS):
        names.take(row, "name", row.text("name"))
        for column, known in (("said_by", speakers), ("beside_input", OF_INPUT), ("beside_output", OF_OUTPUT)):
            for word in row.words(column):
                if word not in known:
                    raise row.refuse(column, f"expected some of {', '.join(sorted(known))}, found {word!r}")
        if not row.text("source"):
            raise row.refuse("source", "expected where it is documented")
        total = row.one_of("total", ("all", "reasoning", "not beside"))
        found.append(
            Convention(
                row.text("name"),
                row.words("said_by"),
                row.words("providers"),
                row.words("models"),
                row.words("beside_input"),
                row.words("beside_output"),
                cast("Literal['all', 'reasoning', 'not beside']", total),
                row.text("source"),
            )
        )
    return tuple(found)
