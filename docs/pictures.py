"""Takes the README's and the documentation's pictures anew: the pages of `spanledger demo`, in a real Chromium.

    python docs/pictures.py [FOLDER]

Writes a picture of each page of `PAGES` into the folder, by default `docs/images`. Needs Chromium at
`/usr/bin/chromium`, or where the variable `CHROMIUM` says.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = {"finance": "/finance", "chargeback": "/chargeback", "sustainability": "/sustainability", "hours": "/hours"}
_WIDTH = 1440
_QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main(folder: Path) -> None:
    """Run the demo, take the pictures, end the demo."""
    folder.mkdir(parents=True, exist_ok=True)
    with _demo() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=_QUIET
        )
        window = chromium.new_context(viewport={"width": _WIDTH, "height": 900}, color_scheme="light")
        for name, path in PAGES.items():
            page = window.new_page()
            page.goto(address + path)
            _take(page, folder / f"{name}.png")
        chromium.close()


@contextmanager
def _demo() -> Iterator[str]:
    """The address of the dashboards of a demo that stays up, as it does at a terminal, until the block ends."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "spanledger_cli", "demo"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)  # noqa: S603
    os.close(theirs)
    try:
        printed = ""
        while (found := re.search(r"Dashboards\s+(http://[\d.:]+)\s", printed)) is None:
            printed += os.read(ours, 65536).decode(errors="replace")
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        os.close(ours)


def _take(page: Page, file: Path) -> None:
    page.get_by_role("heading", level=1).wait_for(timeout=60_000)
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=60_000)
    block, height = page.locator('[data-testid="stMainBlockContainer"]'), 0
    while (grown := int(block.evaluate("e => e.scrollHeight"))) != height:  # parts are drawn one after another
        height = grown
        page.set_viewport_size({"width": _WIDTH, "height": height + 60})
        page.wait_for_timeout(3000)
    page.screenshot(path=file)
    # A page has few colours: a palette makes the file a third.
    Image.open(file).convert("RGB").quantize(256).save(file, optimize=True)
    sys.stdout.write(f"wrote {file}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images")
