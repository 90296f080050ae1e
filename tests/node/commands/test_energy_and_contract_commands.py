"""The commands on energy and contracts as a user types them."""

import pytest


@pytest.fixture
def spanledger(command):
    return command


def test_energy_is_imported_and_listed(spanledger, write):
    models = write("model,wh_per_output_token,pue", "our-model,0.5,2", name="models.csv")
    hosts = write("host,idle_policy,owner", "gpu-1,owner,platform", name="hosts.csv")
    done = spanledger("energy", "import", models, hosts)
    assert done.stdout == "models.csv: 1 model\nhosts.csv: 1 host\n", done.stderr
    listed = spanledger("energy", "list", "our-", "--format", "csv").stdout.splitlines()
    assert listed[0].startswith("method,provider,model,output_low,output,output_high")
    assert listed[1].startswith("own,,our-model,1000.0,1000.0,1000.0")


def test_a_faulty_energy_file_keeps_its_neighbours_out(spanledger, write):
    good = write("model,wh_per_output_token", "our-model,0.001", name="good.csv")
    bad = write("provider,pue", "azure,12", name="bad.csv")
    done = spanledger("energy", "import", good, bad)
    assert done.returncode == 1
    assert "bad.csv:2: pue: '12': expected a number from 1 to 10; nothing was imported" in done.stderr.replace("\n", "")
    assert "our-model" not in spanledger("energy", "list", "--format", "csv").stdout


def test_contracts_are_imported_listed_and_accounted_for(spanledger, write):
    path = write("kind,zone,from,to,mwh,g_per_kwh", "GO,DE,2024-01-01,2025-01-01,12,0", name="contracts.csv")
    done = spanledger("grid", "contracts", "import", path, "--timezone", "Europe/Berlin")
    assert done.stdout == "contracts.csv: 1 contract\n", done.stderr
    assert "certificate DE,certificate,DE" in spanledger("grid", "contracts", "list", "--format", "csv").stdout
    year = ("--from", "2024-01-01", "--to", "2025-01-01", "--timezone", "Europe/Berlin")
    covered = spanledger("grid", "contracts", "coverage", *year, "--format", "json").stdout
    assert '"contracted_kwh":12000' in covered.replace(" ", "")
    wrong = spanledger("grid", "contracts", "import", path, "--timezone", "Mars/Olympus")
    assert wrong.returncode == 1
    assert "--timezone 'Mars/Olympus' is unknown" in wrong.stderr


def test_a_place_is_said_by_hand_and_an_unknown_zone_refused(spanledger):
    assert spanledger("grid", "place", "vllm", "SE-SE3").stdout == "vllm (no region): SE-SE3\n"
    assert "vllm,,SE-SE3,SE,0,,known,by hand" in spanledger("grid", "zones", "--format", "csv").stdout
    refused = spanledger("grid", "place", "vllm", "Schweden")
    assert refused.returncode != 0
    assert "is no known zone" in refused.stderr


@pytest.mark.parametrize("report", [("energy", "compare"), ("energy", "hosts")])
def test_reports_of_an_empty_ledger_are_empty(spanledger, report):
    done = spanledger(*report, "--month", "2024-10", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
