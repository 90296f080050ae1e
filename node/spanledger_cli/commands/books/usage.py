"""The group `usage`: usage that providers and gateways counted."""

from __future__ import annotations

import typer

from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import Files, configuration, open_store
from spanledger_enrich.books.usage.file import read, store_records
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.figures import counted

usage = typer.Typer(no_args_is_help=True, help="Usage that providers and gateways counted.")


@usage.command("import")
def import_usage(context: typer.Context, files: Files) -> None:
    """Take in usage that a provider or gateway counted: what no span, log or metric tells of it goes into the ledger.

    Known are OpenAI's and Anthropic's usage reports (JSON and CSV), OpenRouter's activity and export of generations,
    LiteLLM's spend logs, Langfuse's and Helicone's exports, and Bedrock's invocation logs, packed by gzip or not. All
    files are read before any is stored; the same file again changes nothing. Tenant rules may use usage.project_id,
    usage.workspace_id, usage.api_key_id and usage.user_id.

    Try:

        spanledger usage import openai_usage.json
    """
    left_out: list[str] = []
    told = [(path, read(path, left_out)) for path in files]
    with open_store(context, makes_one=True) as store:
        store_rules(store, configuration(context).tenant_rules)
        for path, records in told:
            store_records(store, path, records)
        if store.kind == "embedded":
            load_reference_data(store)
            Worker(store, configuration(context)).catch_up()
        lines = counted(sum(len(records) for _, records in told), "line")
        left = store.rows(
            "SELECT count() AS buckets, sum(known_calls) AS calls, sum(input_tokens + output_tokens) AS tokens "
            "FROM calls WHERE signal = 'usage'"
        )[0]
    console().print(
        f"{lines} of {counted(len(files), 'file')} imported"
        + (f", {counted(len(left_out), 'line')} of failed calls, a cache or no tokens left out" if left_out else "")
        + f"; in the ledger are {counted(left['buckets'], 'bucket')} of "
        f"usage that nothing else tells, {left['tokens']:,} tokens of {counted(left['calls'], 'known call')} in all"
        + ("" if store.kind == "embedded" else "; what is new follows when the worker has been there")
    )
