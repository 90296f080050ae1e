"""The documentation says what is: every command, current generated parts, live links, queries that run."""

import importlib.util
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from harness import data_folder
from spans_of_calls import requests

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.books import commitment
from spanledger_enrich.grid.grid_intensity import read_electricity_maps
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load
from spanledger_sql.store import Store

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in {"dist", "node_modules"} for part in page.relative_to(ROOT).parts)
)
QUERIES = re.findall(r"```sql\n(.*?)```", (DOCS / "ledger.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A ledger of some calls in October 2024, by the way that all calls go."""
    configuration = load(data_dir=tmp_path_factory.mktemp("docs") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        for path in (ROOT / "node/spanledger_traffic/demo_data").glob("*_hourly.csv"):
            store.insert_frame("grid_intensity", read_electricity_maps(path))
        store.insert_otlp(
            b"".join(length_prefixed(body) for body in requests(datetime(2024, 10, 8, tzinfo=UTC), calls=200)), "docs"
        )
        assert Worker(store, configuration).catch_up() == 200
        yield store


def test_every_command_is_documented(generate: ModuleType) -> None:
    headings = re.findall(r"^### (.+)$", (DOCS / "commands.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(generate.command_names()) <= set(headings)


def test_every_command_has_help_with_an_example(generate: ModuleType) -> None:
    sections = re.split(r"^### ", generate.commands(), flags=re.MULTILINE)[1:]
    for name in generate.command_names():
        section = next(text for text in sections if text.startswith(f"{name}\n"))
        assert re.search(rf"^    (\w+=\S+ )?spanledger .*\b{name}\b", section, re.MULTILINE), name


def test_generated_parts_are_up_to_date(generate: ModuleType, ledger: Store) -> None:
    stale = [page.name for page, text in generate.pages(ledger).items() if page.read_text(encoding="utf-8") != text]
    assert not stale, f"run make docs: {', '.join(stale)} differ from what the code says"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
            dead.append(target)
    assert not dead


def test_the_queries_of_the_ledger_page_run_in_their_order(ledger: Store) -> None:
    assert len(QUERIES) > 8
    for query in QUERIES:
        frame = ledger.query_frame(query)
        if query.startswith(("SELECT", "WITH")):
            assert len(frame) > 0, query


def test_the_example_of_a_commitment_covers_calls(ledger: Store, tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", (DOCS / "commitments.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    path = tmp_path / "commitments.yaml"
    path.write_text(example[1], encoding="utf-8")
    [one] = commitment.read(path)
    assert commitment.covered(ledger, one)["in_term"] > 0


def test_the_hours_add_up_to_the_calls(ledger: Store) -> None:
    total = "SELECT {0}, sum(contracted_cost), sum(output_tokens) FROM {1}"
    assert ledger.rows(total.format("count() AS n", "calls")) == ledger.rows(
        total.format("sum(calls) AS n", "ledger_hourly")
    )


def test_the_cache_query_agrees_with_the_price_list(ledger: Store) -> None:
    query = next(query for query in QUERIES if "saved_usd" in query)
    saved = ledger.query_frame(query)["saved_usd"].sum()
    # gpt-4o's cached tokens cost half of its input's 2.50 USD per million, gpt-4o-mini's half of 0.15.
    cached = {
        row["request_model"]: row["tokens"]
        for row in ledger.rows("SELECT request_model, sum(cache_read_tokens) AS tokens FROM calls GROUP BY ALL")
    }
    expected = cached["gpt-4o-2024-08-06"] * 1.25e-6 + cached["gpt-4o-mini-2024-07-18"] * 0.075e-6
    assert saved == pytest.approx(expected)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
