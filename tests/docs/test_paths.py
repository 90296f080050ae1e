"""Every file that a page, a docstring or a comment names is there: files move, and what is said of them with them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NOT_OURS = {"__pycache__", "dist", "node_modules"}
FILES = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*")
    if path.is_file()
    and not any(
        part.startswith(".") or part in _NOT_OURS or part.endswith(".egg-info") for part in path.relative_to(ROOT).parts
    )
)
FOLDERS = {folder for file in FILES for folder in file.parents if folder != Path()}
# Ends of paths, as prose shortens them: `ledger/6_places.sql`, and a query's name, which has no suffix.
ENDS = {
    "/".join(parts[first:])
    for path in (*FILES, *FOLDERS, *(file.with_suffix("") for file in FILES if file.suffix == ".sql"))
    for parts in (path.parts,)
    for first in range(len(parts))
}
ROOMS = {folder.name for folder in FOLDERS}
# Without a suffix, words with a slash are names of many things; these are of files.
QUERIES = {"reports", "lookups", "views", "count_once"}
TOP = {file.parts[0] for file in FILES}
# What a user writes, what is in a data folder, and what is in a project of others.
ELSEWHERE = {"access.sql", "spool/rejected", "internal/sqltemplates/traces_insert.sql"}
NOT_YET = {"schema/changes"}  # of the first release

NAMED = re.compile(r"(?<![\w/.~$<{-])((?:\.\./)*(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|sql))(?![\w/<{*-])")
BARE = re.compile(r"`([\w-]+\.(?:py|sql|csv|html))`")
STANDS_FOR_A_NAME = re.compile(r"[A-Z]{4,}|_[A-Z]\b")


def paths_named(text: str) -> Iterator[tuple[int, str]]:
    """Of a text, each path it names, with its line."""
    for found in NAMED.finditer(text):
        path = found[1].rstrip(".")
        while path.startswith("../"):
            path = path[3:]
        first, slash, _ = path.partition("/")
        is_path = path.endswith((".py", ".sql")) or (
            slash and (first in TOP or (first in ROOMS and (path.endswith("/") or "." in path)) or first in QUERIES)
        )
        if is_path and path.rstrip("/") not in ELSEWHERE:
            yield text[: found.start()].count("\n") + 1, path.rstrip("/")


def missing(text: str) -> list[tuple[int, str]]:
    """Of a text, each path it names that is nowhere; a word in capitals stands for any name."""
    odd = []
    for line, path in paths_named(text):
        known = path
        while STANDS_FOR_A_NAME.search(known):
            known = known.rpartition("/")[0]
        if known and known not in ENDS | NOT_YET:
            odd.append((line, path))
    return odd


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    text = (ROOT / file).read_text(encoding="utf-8")
    if not missing(text):
        return  # nothing odd in all of it: no need to tell prose from code
    if file.suffix == ".md":
        yield 1, text
    elif file.suffix == ".sql":
        for number, line in enumerate(text.splitlines(), start=1):
            if "--" in line:
                yield number, line.partition("--")[2]
    else:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                said := ast.get_docstring(node, clean=False)
            ):
                yield node.body[0].lineno, said
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


@pytest.mark.parametrize("suffix", [".md", ".sql", ".py"])
def test_what_is_named_is_there(suffix: str) -> None:
    odd = [
        f"{file}:{first + line - 1}: {path}"
        for file in FILES
        if file.suffix == suffix
        for first, said in _prose(file)
        for line, path in missing(said)
    ]
    assert not odd


def test_a_row_of_the_map_names_files_by_their_folder() -> None:
    """A file named after its folder is in it, not in another room below."""
    odd = []
    for row in (ROOT / "docs/architecture.md").read_text(encoding="utf-8").splitlines():
        named = [Path(path) for _, path in paths_named(row)]
        folders = [path if path in FOLDERS else path.parent for path in named if path in FOLDERS or path in FILES]
        files = [name for name in BARE.findall(row) if not STANDS_FOR_A_NAME.search(name)]
        if row.startswith("|") and folders:
            odd += [f"{name}: {row}" for name in files if not any(folder / name in FILES for folder in folders)]
    assert not odd


def test_a_path_that_is_nowhere_is_found() -> None:
    text = (
        "see `sql/spanledger_sql/ledger/6_places.sql`,\n`ledger/6_spaces.sql`, reports/NAME, reports/gone and a g/kWh"
    )
    assert missing(text) == [(2, "ledger/6_spaces.sql"), (2, "reports/gone")]
