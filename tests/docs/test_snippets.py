"""Every fenced snippet of the documentation is what it says: it runs, or what it configures takes it."""

import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from spanledger_cli.cli import app
from spanledger_enrich.books import charge, commitment, tenant_period
from spanledger_enrich.books.budgets import budget
from spanledger_enrich.books.plans import plan, rate_card
from spanledger_enrich.prices import price_book
from spanledger_settings.configuration import load

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Run by tests of their own: tests/collector/sdks/test_instrument_docs.py, tests/e2e/test_first_hour.py, test_docs.py.
ELSEWHERE = {("instrument", "python"), ("first-hour", "python"), ("ledger", "sql")}


def snippets(*kinds):
    return [
        pytest.param(page.stem, text, id=f"{page.stem}-{number}-{kind}")
        for page in PAGES
        for number, (kind, text) in enumerate(re.findall(r"```(\w+)\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
        if kind in kinds and (page.stem, kind) not in ELSEWHERE
    ]


def test_every_kind_of_snippet_has_a_test():
    kinds = {kind for page in PAGES for kind in re.findall(r"^```(\w+)$", page.read_text("utf-8"), re.MULTILINE)}
    assert kinds <= {"python", "sql", "toml", "yaml", "csv", "json", "ini", "dockerfile"}


@pytest.mark.parametrize(("page", "text"), snippets("python"))
def test_python_runs(page, text, monkeypatch):
    import spanledger

    monkeypatch.setenv("SPANLEDGER_ENDPOINT", "http://127.0.0.1:9")
    names = {}
    try:
        exec(compile(text, page, "exec"), names)
        assert callable(names["answer"])
    finally:
        spanledger.shutdown(0)


@pytest.mark.parametrize(("page", "text"), snippets("sql"))
def test_a_query_runs(page, text, store):
    store.query_frame(text)


@pytest.mark.parametrize(("page", "text"), snippets("toml", "json"))
def test_a_configuration_is_taken(page, text, tmp_path, monkeypatch):
    if page == "coding-agents":  # the agents' own; tests/enrich/agents has what they send
        assert json.loads(text) if text.startswith("{") else tomllib.loads(text)
        return
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sessions.csv").write_text("value,tenant\ns-1,acme\n")
    (tmp_path / "spanledger.toml").write_text(text)
    found = load()
    asked = tomllib.loads(text)
    assert asked.keys() <= found.model_fields_set
    if "tenant_rules" in asked:
        assert len(found.tenant_rules) == len(asked["tenant_rules"])


@pytest.mark.parametrize(("page", "text"), snippets("yaml", "csv"))
def test_a_book_or_commitment_can_be_imported(page, text, tmp_path, loaded_store):
    if page == "operate":  # Kubernetes and the Collector: others' programs
        assert isinstance(yaml.safe_load(text), dict)
        return
    path = tmp_path / f"book.{'csv' if re.match(r'[a-z]+,', text) else 'yaml'}"
    path.write_text(text, encoding="utf-8")
    if page == "commitments":
        commitment.record(loaded_store, commitment.read(path), "docs")
    elif page == "charges":
        assert charge.record(loaded_store, charge.read(path), "docs")
    elif page == "budgets":
        budget.record(loaded_store, budget.read(path), "docs")
    elif page == "plans":
        assert rate_card.read(path) if text.startswith("card,") else plan.read(path)
    elif page == "tenants":
        assert tenant_period.record(loaded_store, tenant_period.read(path, tenant_period.zone_named("UTC")))
    else:
        price_book.import_book(loaded_store, path)


@pytest.mark.parametrize(("page", "text"), snippets("ini", "dockerfile"))
def test_a_service_starts_a_command_that_there_is(page, text):
    if text.startswith("["):
        unit = configparser.ConfigParser(strict=False)
        unit.optionxform = str
        unit.read_string(text)
        line = unit["Service"]["ExecStart"]
    else:
        parts = dict(re.findall(r"^(ENTRYPOINT|CMD) (.*)$", text, re.MULTILINE))
        line = shlex.join([*json.loads(parts["ENTRYPOINT"]), *json.loads(parts["CMD"])])
    _, name, *options = shlex.split(line)
    command = typer.main.get_command(app).get_command(None, name)
    command.make_parser(command.make_context(name, [], resilient_parsing=True)).parse_args(options)


def test_the_node_and_the_collector_of_a_pod_meet():
    manifest, collector = (
        yaml.safe_load(text)
        for _, text in (one.values for one in snippets("yaml"))
        if ("kind:" in text and "apps/v1" in text) or "receivers:" in text
    )
    node = manifest["spec"]["template"]["spec"]["containers"][0]
    port = node["args"][node["args"].index("--otlp-http-port") + 1]
    assert collector["exporters"]["otlphttp/spanledger"]["endpoint"].endswith(f":{port}")
    taken = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert not taken.endswith(f":{port}")
    for probe in ("livenessProbe", "readinessProbe"):
        assert f"127.0.0.1:{port}/" in node[probe]["exec"]["command"][-1]
