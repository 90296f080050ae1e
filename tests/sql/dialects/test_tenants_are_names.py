"""Tenants are names, whoever sends them: cleaned of what nobody sees, and never what reports call something else."""

from collections.abc import Iterator

import pytest
from harness import data_folder
from harness.otlp_request import call

from spanledger_collector.spool.record import length_prefixed
from spanledger_settings.configuration import load
from spanledger_sql.store import Store

NOBODY = "(unattributed)"
TOLD = {
    "acme": "acme",
    "  acme  ": "acme",
    '"acme"': "acme",
    "ac\nme\x00\u202e": "acme",
    "Müller & Söhne": "Müller & Söhne",
    "[eu] acme": "[eu] acme",
    "[/]": "[/]",
    '["acme","b"]': NOBODY,
    '{"id": "acme"}': NOBODY,
    " \t ": NOBODY,
    "Total": NOBODY,
    "(total)": NOBODY,
    "(idle)": NOBODY,
    "(all others)": NOBODY,
    NOBODY: NOBODY,
}


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Spans that name these tenants, and those that say one only by their resource."""
    configuration = load(data_dir=tmp_path_factory.mktemp("tenants") / "data")
    with data_folder.opened(configuration) as store:
        for number, said in enumerate(TOLD):
            on_the_span = call({"service.name": said}, tenant__id=said)
            on_the_resource = call({"service.name": said, "tenant.id": said}, tenant__id=" ")
            store.insert_otlp(length_prefixed(on_the_span) + length_prefixed(on_the_resource), f"segment-{number}")
        yield store


@pytest.mark.parametrize(("said", "found"), TOLD.items(), ids=ascii)
def test_a_tenant_on_the_wire_is_a_name(tenants: Store, said: str, found: str) -> None:
    rows = tenants.rows("SELECT DISTINCT tenant_id FROM llm_spans WHERE service_name = {said:String}", said=said)
    assert [row["tenant_id"] for row in rows] == [found]
