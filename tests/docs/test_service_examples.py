"""The examples of running a node as a service: read by those who would run them, as far as that goes without them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from harness.node import RunningNode

from spanledger_cli.command_list import COMMANDS
from spanledger_settings.configuration import Configuration

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")


def example(language: str, word: str) -> str:
    """The one example in a language that holds a word."""
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in text]
    return found


@pytest.fixture
def stateful_set() -> dict[str, Any]:
    return yaml.safe_load(example("yaml", "StatefulSet"))["spec"]["template"]["spec"]


def test_systemd_reads_its_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    # Neither the user nor the program need be on this machine.
    text = example("ini", "[Unit]").replace("/opt/spanledger/bin/spanledger", sys.executable)
    unit = tmp_path / "spanledger-example.service"
    unit.write_text(re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False, timeout=60
    )
    assert "spanledger-example" not in done.stderr, done.stderr


def test_settings_and_commands_in_examples_are_known() -> None:
    settings = {f"SPANLEDGER_{name.upper()}" for name in Configuration.model_fields}
    examples = example("ini", "[Unit]") + example("dockerfile", "FROM")
    assert set(re.findall(r"SPANLEDGER_\w+", examples)) <= settings
    assert set(re.findall(r"spanledger (\w+)|CMD \[\"(\w+)", examples)) == {("up", ""), ("", "up")}
    assert "up" in COMMANDS


def test_the_container_opens_the_ports_that_a_node_listens_on() -> None:
    [ports] = re.findall(r"^EXPOSE (.*)$", example("dockerfile", "FROM"), re.MULTILINE)
    fields = Configuration.model_fields
    defaults = [fields[f"{name}_port"].default for name in ("otlp_grpc", "otlp_http", "dashboard")]
    assert [int(port) for port in ports.split()] == defaults


def test_a_stop_has_the_time_that_a_node_takes(stateful_set: dict[str, Any]) -> None:
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", example("ini", "[Unit]"), re.MULTILINE)
    assert int(seconds) == stateful_set["terminationGracePeriodSeconds"] >= 10


def test_every_volume_is_claimed(stateful_set: dict[str, Any]) -> None:
    claims = {
        one["metadata"]["name"] for one in yaml.safe_load(example("yaml", "Stateful"))["spec"]["volumeClaimTemplates"]
    }
    claims |= {one["name"] for one in stateful_set.get("volumes", ())}
    mounts = {mount["name"] for container in stateful_set["containers"] for mount in container["volumeMounts"]}
    assert mounts == claims


def test_probes_tell_a_node_that_is_well(node: RunningNode, stateful_set: dict[str, Any]) -> None:
    here = urlsplit(node.addresses["otlp_http"]).netloc
    for probe in ("livenessProbe", "readinessProbe"):
        _, *code = stateful_set["containers"][0][probe]["exec"]["command"]
        for address, well in ((here, True), ("127.0.0.1:1", False)):
            asked = [part.replace("127.0.0.1:14318", address) for part in code]
            done = subprocess.run([sys.executable, *asked], capture_output=True, check=False, timeout=60)
            assert (done.returncode == 0) is well


def test_the_node_and_the_collector_of_a_pod_do_not_meet_on_a_port(stateful_set: dict[str, Any]) -> None:
    node, collector = stateful_set["containers"]
    options = dict(zip(node["args"][1::2], node["args"][2::2], strict=True))
    said = yaml.safe_load(example("yaml", "otlphttp/spanledger"))
    assert urlsplit(said["exporters"]["otlphttp/spanledger"]["endpoint"]).port == int(options["--otlp-http-port"])
    for probe in ("livenessProbe", "readinessProbe"):
        assert f"127.0.0.1:{options['--otlp-http-port']}/" in node[probe]["exec"]["command"][-1]
    taken = {int(said["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2])}
    assert {port["containerPort"] for port in collector["ports"]} == taken
    assert not taken & {int(port) for port in options.values()}


def test_a_collectors_pipelines_are_made_of_what_it_has() -> None:
    said = yaml.safe_load(example("yaml", "otlphttp/spanledger"))
    for pipeline in said["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= said[kind].keys()
    assert set(said["service"]["extensions"]) <= said["extensions"].keys()
    exporter = said["exporters"]["otlphttp/spanledger"]
    assert exporter["sending_queue"]["storage"] in said["service"]["extensions"]
    assert exporter["retry_on_failure"]["max_elapsed_time"] == 0
