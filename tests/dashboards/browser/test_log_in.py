"""Who logs in sees what the rules give him, and no address, filter, link or file gives him more: in a real Chromium."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from ledger_sample import ledger_sample

from browser.served import IN_A_BROWSER, free_port, served
from spanledger_dashboards.page_list import PAGES
from spanledger_settings import figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = IN_A_BROWSER
CALLS = 4000
OTHERS = ("acme-legal", "lumen-health", "quarry", "studio-nine", "(unattributed)")

PEOPLE = {
    "Fiona": {"email": "fiona@example.com", "groups": ["everyone", "llm-finance"]},
    "Nora": {"email": "nora@northwind.example", "org": "northwind"},
    "Newcomer": {"email": "new@comer.example", "org": "newcomer"},
    "Stranger": {"email": "stranger@example.com"},
    "Forger": {"email": "boss@example.com", "email_verified": False},
    "Impostor": {"email": "boss@example.com", "email_verified": "false"},
    "Emptyhanded": {"email": "empty@example.com", "groups": [], "department": []},
    "Numbered": {"email": "number@example.com", "groups": 7, "department": None},
    "Twofold": {"email": "two@example.com", "org": ["northwind", "acme-legal"]},
    "Manyrole": {"email": "many@example.com", "groups": ["llm-platform", "llm-finance"]},
}
RULES = """
[[access_rules]]
claim = "groups"
value = "llm-finance"
roles = ["finance"]

[[access_rules]]
value = "boss@example.com"
roles = ["finance", "sustainability", "platform"]

[[access_rules]]
claim = "groups"
value = "llm-platform"
roles = ["platform"]

[[access_rules]]
claim = "department"
roles = ["sustainability"]

[[access_rules]]
claim = "org"
roles = ["tenant"]
tenant_claim = "org"
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of dashboards with a log-in, and of the provider that they trust."""
    folder, port, port_of_provider = tmp_path_factory.mktemp("login"), free_port(), free_port()
    (folder / "people.json").write_text(json.dumps(PEOPLE))
    (folder / "spanledger.toml").write_text(RULES)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
        cookie_secret = "a-secret-of-this-test-that-is-long-enough"
        client_id = "spanledger"
        client_secret = "shared"
        server_metadata_url = "http://127.0.0.1:{port_of_provider}/.well-known/openid-configuration"
        """
    )
    script = Path(__file__).with_name("oidc_provider.py")
    provider = subprocess.Popen([sys.executable, str(script), str(port_of_provider), str(folder / "people.json")])
    with served(folder, calls=CALLS, port=port) as pages:
        yield pages.address
    provider.terminate()
    provider.wait(30)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        yield context.new_page()


def log_in(page: Page, address: str, person: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Log in").click(timeout=30_000)
    page.get_by_role("link", name=person).click(timeout=30_000)
    page.get_by_role("button", name="Log out").wait_for(timeout=30_000)


def text_of(page: Page) -> str:
    """All that the page holds once it is drawn, what is folded or in attributes included."""
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=30_000)
    time.sleep(0.3)
    return page.content()


def spend_of(tenant: str) -> str:
    rows = ledger_sample(CALLS).query("counted == 1 and tenant_id == @tenant")
    return figures.usd(sum(rows["contracted_cost"].dropna()))


def test_who_has_not_logged_in_sees_no_figure_at_any_address(page: Page, address: str) -> None:
    for path in ("", "finance", "sustainability", "quality", "finance?tenants=northwind"):
        page.goto(f"{address}/{path}")
        page.get_by_role("button", name="Log in").wait_for(timeout=30_000)
        assert page.locator('[data-testid="stMetric"]').count() == 0
        assert not [name for name in (*OTHERS, "northwind") if name in text_of(page).replace("tenants=northwind", "")]


@pytest.mark.parametrize("person", ["Stranger", "Forger", "Impostor", "Emptyhanded", "Numbered", "Twofold"])
def test_whom_no_rule_fits_sees_nothing_and_is_told(page: Page, address: str, person: str) -> None:
    log_in(page, address, person)
    page.get_by_text("may not see anything here").wait_for(timeout=30_000)
    assert not [name for name in (*OTHERS, "northwind") if name in text_of(page)]


def test_a_role_sees_its_own_pages_of_every_tenant(page: Page, address: str) -> None:
    log_in(page, address, "Fiona")
    page.locator('[data-testid="stMetric"]').nth(3).wait_for(timeout=30_000)
    assert "acme-legal" in text_of(page)
    page.goto(f"{address}/quality")
    page.get_by_text("This page is not for fiona@example.com").wait_for(timeout=30_000)
    assert page.locator('[data-testid="stMetric"]').count() == 0


def test_of_two_roles_the_first_rules_is_had_alone(page: Page, address: str) -> None:
    log_in(page, address, "Manyrole")
    page.get_by_text("many@example.com sees the pages of finance", exact=True).wait_for(timeout=30_000)
    page.goto(f"{address}/health")
    page.get_by_text("This page is not for many@example.com").wait_for(timeout=30_000)


def test_a_tenants_viewer_finds_no_way_to_anothers_rows(page: Page, address: str, tmp_path: Path) -> None:
    seen: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: seen.append(str(frame))))
    log_in(page, address, "Nora")
    page.locator('[data-testid="stMetricValue"]', has_text=spend_of("northwind")).first.wait_for(timeout=30_000)
    page.get_by_text("UTC · northwind alone · Ledger up to").wait_for()
    assert "· all tenants ·" not in text_of(page)

    tries = [
        "",
        *(listed.url_path for listed in PAGES),
        f"calls?{urlencode({'call': f'{0:032x}.{0:016x}'})}",
        f"finance?{urlencode({'tenants': 'acme-legal'})}",
        f"finance?{urlencode({'tenants': ['northwind', 'acme-legal'], 'period': 'Whole record'}, doseq=True)}",
        f"sustainability?{urlencode({'tenants': 'lumen-health', 'own': 'desk'})}",
        "finance?own=desk&own_desk=emea&stack=tenant&unit=tenant",
        f"finance?{urlencode({'cost_center': 'CC-ACM'})}",
        f"tenants?{urlencode({'tenants': 'acme-legal'})}",
        f"breakdown?{urlencode({'by': 'cost_center', 'feature': 'search'})}",
        f"calls?{urlencode({'text': 'studio'})}",
    ]  # fmt: skip
    for path in tries:
        page.goto(f"{address}/{path}")
        page.locator("h1, .sl-refusal").first.wait_for()
        shown = text_of(page)
        for name in ("acme-legal", "lumen-health", "CC-ACM"):
            shown = shown.replace(f"tenant &#x27;{name}&#x27;", "").replace(f"tenant '{name}'", "")
            shown = shown.replace(f"cost centre '{name}'", "")
        assert not [name for name in OTHERS if name in shown], path

    page.goto(f"{address}/finance")
    page.locator('[data-testid="stMetric"]').first.wait_for(timeout=30_000)
    # Its last block has a file; by then the others are drawn.
    page.get_by_role("button", name="CSV").first.wait_for(timeout=60_000)
    files = page.get_by_role("button", name="CSV").count()
    assert files
    for number in range(files):
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").nth(number).click()
        download.value.save_as(tmp_path / "rows.csv")
        rows = (tmp_path / "rows.csv").read_text()
        assert rows.count("2024-11-01T08:30:05") >= 1
        assert rows.count("northwind alone") >= 1
        assert not [name for name in OTHERS if name in rows]
    # What the browser was sent and did not show: the names of others are in no message, but where the viewer gave them.
    sent = [frame for frame in seen if any(name in frame for name in ("quarry", "studio-nine"))]
    assert not sent


def test_a_tenants_viewer_without_calls_is_told_of_his_tenant_alone(page: Page, address: str) -> None:
    log_in(page, address, "Newcomer")
    page.get_by_text("The ledger has no call of newcomer yet.").wait_for(timeout=30_000)
    assert page.get_by_text("ledger is open and empty").count() == 0


def test_a_file_is_given_to_nobody_who_has_not_logged_in(page: Page, browser: Browser, address: str) -> None:
    log_in(page, address, "Fiona")
    page.goto(f"{address}/finance")
    with page.expect_response(lambda response: "/media/" in response.url, timeout=60_000) as offered:
        page.get_by_role("button", name="CSV").first.click(timeout=60_000)
    file = offered.value.url
    assert page.context.request.get(file).status == 200
    assert status_of(file) == 401
    with browser.new_context() as other:
        stranger = other.new_page()
        log_in(stranger, address, "Stranger")
        answer = other.request.get(file)
        assert answer.status == 403
        assert answer.text().startswith("stranger@example.com may not see anything here")


def test_a_file_is_given_to_the_reader_alone_to_whom_it_was_offered(page: Page, browser: Browser, address: str) -> None:
    def taken_by(reader: Page) -> str:
        with reader.expect_response(lambda response: "/media/" in response.url, timeout=60_000) as offered:
            reader.get_by_role("button", name="CSV").first.click(timeout=60_000)
        return offered.value.url

    with browser.new_context() as context:
        other = context.new_page()
        for reader, person in ((other, "Manyrole"), (page, "Fiona")):  # who may see the same
            log_in(reader, address, person)
            reader.goto(f"{address}/finance?tenants=northwind")
            reader.get_by_role("button", name="CSV").first.wait_for(timeout=60_000)
            text_of(reader)
        # Streamlit forgets a file when somebody's page is drawn: until then all is asked for at once.
        file = taken_by(page)
        mine = page.context.request.get(file)
        assert (mine.status, mine.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert mine.headers["content-disposition"].startswith("attachment")
        assert "northwind" in mine.text()
        for part in ({}, {"Range": "bytes=0-99"}):
            answer = context.request.get(file, headers=part)
            assert (answer.status, "northwind" in answer.text()) == (403, False)
            assert answer.text().startswith("this file was offered to somebody else")
            assert "content-disposition" not in answer.headers
        assert context.request.head(file).status == 403
        own = taken_by(other)
        assert own != file
        assert context.request.get(own).status == 200


@pytest.mark.parametrize(
    "path",
    ["media/x.csv", "component/x/index.html", "app/static/x", "_stcore/metrics", "_stcore/upload_file/a/b",
     "_stcore/agent/openapi.json", "_stcore/agent/interact", "_stcore/agent/mcp", "_stcore/bidi-components/x/y",
     "_stcore/script-health-check", "_stcore/stream", "_stcore/anything"],
)  # fmt: skip
def test_no_address_but_those_of_the_log_in_answers_who_has_not_logged_in(address: str, path: str) -> None:
    assert [status_of(f"{address}/{path}", method) for method in ("GET", "POST", "PUT", "DELETE")] == [401] * 4


def test_all_that_the_log_in_is_made_of_is_given_to_everybody(page: Page, address: str) -> None:
    answered: dict[str, int] = {}
    page.on("response", lambda response: answered.update({response.url: response.status}))
    page.goto(address)
    page.get_by_role("button", name="Log in").wait_for(timeout=30_000)
    logo = page.get_by_test_id("stHeaderLogo").or_(page.get_by_test_id("stLogo")).first
    assert logo.evaluate("image => image.naturalWidth") > 0
    assert len(answered) > 10
    assert not {url: status for url, status in answered.items() if status >= 400}


def status_of(url: str, method: str = "GET") -> int:
    try:
        with urlopen(Request(url, method=method), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
