"""Dashboards in a process of their own, and a Chromium to look at them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from harness import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

OpenWindow = Callable[..., "Page"]

CHROMIUM = Path("/usr/bin/chromium")
CALLS_WITH_BOOKS = 3000

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("CI") != "true",
        reason=f"no Chromium at {CHROMIUM}; install it to drive the dashboards in a browser",
    ),
]


# Streamlit says of each page whether its script runs; between two runs it may say for a moment that it does not.
_AT_REST = """() => {
    const app = document.querySelector('.stApp'), now = performance.now()
    const rests = app?.dataset.testScriptState === 'notRunning' && document.querySelector('h1')
        && !document.querySelector('[data-testid="stStatusWidget"]')
    window.restsSince = rests ? window.restsSince ?? now : undefined
    return rests && now - window.restsSince > 150
}"""


@dataclass(frozen=True)
class Served:
    """Dashboards of another process."""

    address: str
    log: Path
    """What their server writes for its operator."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, *, calls: int, books: bool = False, port: int = 0) -> Iterator[Served]:
    """Serve the sample ledger from ``folder``, whose settings count, with books where asked for."""
    with _run("dashboard_server.py", folder, calls, *(["books"] if books else []), port=port) as (pages, _):
        yield pages


@contextmanager
def living(folder: Path, *, calls: int) -> Iterator[tuple[Served, IO[bytes]]]:
    """Serve a ledger from ``folder`` that changes once it is told to: `living_server.py` says by which words."""
    with _run("living_server.py", folder, calls) as (pages, server):
        assert server.stdin is not None
        yield pages, server.stdin


@contextmanager
def _run(script: str, folder: Path, *words: object, port: int = 0) -> Iterator[tuple[Served, subprocess.Popen[bytes]]]:
    port = port or free_port()
    data_folder.copy("migrated", folder / "data")
    command = [str(Path(__file__).parents[1] / script), str(folder / "data"), str(port), *map(str, words)]
    path = folder / "server.log"
    with path.open("w+") as log:
        server = subprocess.Popen([sys.executable, *command], cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            yield Served(_once_it_answers(f"http://127.0.0.1:{port}", server, path), path), server
        finally:
            server.terminate()
            server.wait(30)


def _once_it_answers(address: str, server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 120
    while True:
        try:
            urlopen(f"{address}/_stcore/health", timeout=1).close()
        except (URLError, OSError):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the dashboards did not answer within two minutes"
            time.sleep(0.2)
        else:
            return address


def drawn(page: Page) -> None:
    """Wait until a page has its title and nothing of it is on its way any more."""
    page.locator("h1").first.wait_for(timeout=60_000)
    page.evaluate("window.restsSince = undefined")
    page.wait_for_function(_AT_REST, timeout=60_000)


def assert_whole_on_a_phone(page: Page, path: str) -> None:
    """Wait until a page is drawn; it has no error then and is no wider than its screen."""
    drawn(page)
    assert page.locator('[data-testid="stException"], .sl-refusal').count() == 0, path
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium that calls nobody."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield launched
        launched.close()
