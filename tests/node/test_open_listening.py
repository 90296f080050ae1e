"""Where a node listens, and who has to show what there."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx
import pytest
from harness.certificates import Certificates, make_certificates
from harness.command import in_own_process
from harness.node import RunningNode
from harness.otlp_request import call

from spanledger_node.listening import ListenError, check_openness
from spanledger_node.tls import tls_of
from spanledger_settings.configuration import Configuration, load


def openness(
    tmp_path: Path,
    *,
    tokens: bool = False,
    otlp: bool = True,
    dashboards: bool = True,
    login: bool = False,
    **given: object,
) -> list[str]:
    configuration = load(data_dir=tmp_path, **given)
    return check_openness(configuration, otlp=otlp, dashboards=dashboards, asks_for_tokens=tokens, has_login=login)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_is_open(tmp_path: Path, host: str) -> None:
    assert openness(tmp_path, host=host) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "node.example"])
def test_elsewhere_is_refused_where_nobody_shows_who_he_is(tmp_path: Path, host: str) -> None:
    with pytest.raises(ListenError, match="--insecure-listen"):
        openness(tmp_path, host=host, dashboards=False)


def test_the_flag_is_said_at_each_start(tmp_path: Path) -> None:
    otlp, pages = openness(tmp_path, host="0.0.0.0", insecure_listen=True)
    assert "book calls on any tenant" in otlp
    assert "every tenant's figures" in pages


def test_tokens_open_the_receivers_and_not_the_dashboards(tmp_path: Path) -> None:
    [said] = openness(tmp_path, host="0.0.0.0", tokens=True, dashboards=False)
    assert "clear" in said
    with pytest.raises(ListenError, match="dashboard_host"):
        openness(tmp_path, host="0.0.0.0", tokens=True)
    assert openness(tmp_path, host="0.0.0.0", tokens=True, dashboard_host="127.0.0.1") == [said]


def test_a_log_in_opens_the_dashboards_and_not_the_receivers(tmp_path: Path) -> None:
    [said] = openness(tmp_path, host="0.0.0.0", otlp=False, login=True)
    assert "log-ins come in clear" in said
    with pytest.raises(ListenError, match="book calls on any tenant"):
        openness(tmp_path, host="0.0.0.0", login=True)


def test_client_certificates_open_both(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("tls_certificate", "tls_key", "tls_client_ca")}
    assert openness(tmp_path, host="0.0.0.0", **files) == []


@pytest.mark.parametrize("given", [["tls_certificate"], ["tls_key"], ["tls_client_ca"]])
def test_half_of_tls_is_refused(tmp_path: Path, given: list[str]) -> None:
    with pytest.raises(ListenError, match="both"):
        tls_of(load(data_dir=tmp_path, **dict.fromkeys(given, tmp_path / "file")))


def test_the_command_refuses_with_a_sentence(configuration: Configuration) -> None:
    done = in_own_process("up", "--host", "0.0.0.0", data_dir=configuration.data_dir)
    assert done.returncode == 1
    assert "--insecure-listen" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


def test_clients_show_certificates_and_tokens_stay_secret(
    configuration: Configuration,
    certificates: Certificates,
    start_node: Callable[..., RunningNode],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One node: TLS on all listeners, certificates of clients asked for, and tokens besides."""
    made = in_own_process("token", "create", "apps", "--tenant", "northwind", data_dir=configuration.data_dir)
    token = made.stdout.strip()
    monkeypatch.setenv("SPANLEDGER_TLS_CERTIFICATE", str(certificates.server))
    monkeypatch.setenv("SPANLEDGER_TLS_KEY", str(certificates.server_key))
    monkeypatch.setenv("SPANLEDGER_TLS_CLIENT_CA", str(certificates.authority))
    node = start_node()
    headers = {"content-type": "application/x-protobuf", "authorization": f"Bearer {token}"}
    strangers = ssl.create_default_context(cafile=certificates.authority)
    known = ssl.create_default_context(cafile=certificates.authority)
    known.load_cert_chain(certificates.client, certificates.client_key)
    for address in (f"{node.addresses['otlp_http']}/v1/traces", node.addresses["dashboards"]):
        assert address.startswith("https://")
        with pytest.raises(httpx.TransportError):
            httpx.post(address, content=call(), headers=headers, verify=strangers)
        with pytest.raises(httpx.TransportError):
            httpx.post(address.replace("https", "http"), content=call(), headers=headers)
    with httpx.Client(verify=known, timeout=30) as client:
        traces = f"{node.addresses['otlp_http']}/v1/traces"
        assert client.post(traces, content=call(), headers=headers).status_code == 200
        assert client.post(traces, content=call(), headers={**headers, "authorization": "Bearer no"}).status_code == 401
        assert client.get(node.addresses["dashboards"]).status_code == 200
    authority = certificates.authority.read_bytes()
    shown = (certificates.client_key.read_bytes(), certificates.client.read_bytes())
    service = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    metadata = (("authorization", f"Bearer {token}"),)
    with grpc.secure_channel(node.addresses["otlp_grpc"], grpc.ssl_channel_credentials(authority, *shown)) as channel:
        assert channel.unary_unary(service)(call(), metadata=metadata, timeout=20) == b""
    with grpc.secure_channel(node.addresses["otlp_grpc"], grpc.ssl_channel_credentials(authority)) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(service)(call(), metadata=metadata, timeout=20)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    told = in_own_process("doctor", data_dir=configuration.data_dir)
    listed = in_own_process("token", "list", "--format", "csv", data_dir=configuration.data_dir)
    assert "northwind" in listed.stdout
    for text in (node.log.read_text(), told.stdout, told.stderr, listed.stdout):
        assert token.removeprefix("slt_") not in text
