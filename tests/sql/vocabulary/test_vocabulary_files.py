"""The files of the vocabulary are sound, and a fault in one is named by file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spanledger_sql.store import statement
from spanledger_vocabulary import row_file
from spanledger_vocabulary.attribute import attributes, read_attributes
from spanledger_vocabulary.dialect import dialects, read_dialects
from spanledger_vocabulary.framework import read_labels
from spanledger_vocabulary.provider import at, named, providers, read_providers
from spanledger_vocabulary.translation import operations, read_operations, read_usage_fields, usage_fields


def test_the_files_are_sound() -> None:
    assert all([providers(), attributes(), dialects(), operations(), usage_fields()])


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("x.ai", "x_ai"), ("api.x.ai", "x_ai"), ("api.x.ai:443", "x_ai"), ("API.X.AI.", "x_ai"), ("box.ai", None),
        ("api.z.ai", "zai"), ("notopenai.com", None), ("openai.com.evil.example", None), ("127.0.0.1", None),
        ("us-central1-aiplatform.googleapis.com", "gcp.vertex_ai"), ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("mine.openai.azure.com", "azure.ai.openai"), ("mine.services.ai.azure.com", "azure.ai.inference"),
    ],
)  # fmt: skip
def test_a_host_is_found_by_whole_labels(host: str, provider: str | None) -> None:
    found = at(host)
    assert (found.name if found else None) == provider


def test_every_name_leads_to_one_provider() -> None:
    for provider in providers():
        assert all(named(name) is provider for name in (provider.name, *provider.aliases))


def test_the_view_asks_for_meanings_that_there_are() -> None:
    asked = set(re.findall(r"\{\{meaning_(\w+)\}\}", statement("views/ingest/llm_spans_from_otel_traces")))
    assert len(asked) > 40
    assert asked <= {attribute.meaning.replace(".", "_") for attribute in attributes()}


@pytest.mark.parametrize(
    ("read", "file", "text", "message"),
    [
        (read_providers, "provider.csv", "acme,,acme.com,cloud,,,,,", r"provider\.csv:2: runs: expected one of api"),
        (read_providers, "provider.csv", "acme,Acme,,api,,,,,", r"provider\.csv:2: aliases: expected lower case"),
        (read_providers, "provider.csv", "acme,,https://acme.com,api,,,,,", r"provider\.csv:2: hosts: expected a host"),
        (read_providers, "provider.csv", "acme,,acme.com,server,,,,,", r"provider\.csv:2: hosts: a server of"),
        (read_providers, "provider.csv", "acme,,,api,(,,,,", r"provider\.csv:2: models: '\(' is no regular expression"),
        (read_providers, "provider.csv", "a,b,,api,,,,,\nb,,,api,,,,,", r"provider\.csv:3: name: 'b' is there"),
        (read_attributes, "attribute.csv", "a.b,nobody,,name,whole", r"attribute\.csv:2: dialect: expected one"),
        (read_attributes, "attribute.csv", "a.b,any,,contents,whole", r"attribute\.csv:2: stored: what holds contents"),
        (read_attributes, "attribute.csv", "a.b*,any,,name,whole", r"attribute\.csv:2: name: \* stands for"),
        (read_attributes, "attribute.csv", "a.*,any,model,name,whole", r"attribute\.csv:2: meaning: a pattern"),
        (read_attributes, "attribute.csv", "a b,any,,name,whole", r"attribute\.csv:2: name: expected one word"),
        (read_attributes, "attribute.csv", "a,any,name,whole", r"attribute\.csv:2: expected 5 cells, found 4"),
        (read_dialects, "dialect.csv", "a,gen_ai,scope,", r"dialect\.csv:2: begins: expected whole segments"),
        (read_operations, "operation.csv", "nobody,chat,chat", r"operation\.csv:2: dialect: expected one of"),
        (read_labels, "framework.csv", "Acme,Acme's", r"framework\.csv:2: label: expected lower case"),
        (read_labels, "framework.csv", "openai,OpenAI", r"framework\.csv:2: label: 'openai' is a provider's name"),
        (read_usage_fields, "usage_document.csv", "tokens,many", r"usage_document\.csv:2: count: expected one"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_file_line_and_column(
    tmp_path: Path, read: Callable[[Path], Any], file: str, text: str, message: str
) -> None:
    header = (row_file.FOLDER / file).read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / file).write_text(f"{header}\n{text}\n", encoding="utf-8")
    with pytest.raises(row_file.VocabularyError, match=message):
        read(tmp_path / file)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "provider.csv").write_text("name,hosts\n", encoding="utf-8")
    with pytest.raises(row_file.VocabularyError, match=r"provider\.csv:1: expected the columns name,aliases"):
        read_providers(tmp_path / "provider.csv")
