"""What the first page of a process would take and no page takes again: done when the process starts, for no viewer."""

from __future__ import annotations

import functools
import gc
import inspect
import threading
from contextlib import suppress

from spanledger_dashboards import open_store
from spanledger_dashboards.filtering import address
from spanledger_dashboards.page_list import PAGES
from spanledger_dashboards.report import ahead, answer, asking, come_to
from spanledger_settings.mendable import MendableError

_VALUES = 1


def warm() -> None:
    """Load what pages are made of, and have the database's readers ask what each page begins with.

    Where the database does not answer, the first page says so.
    """
    load()
    with suppress(MendableError), open_store.kept(open_store.of_tenant(None)), asking():
        ahead(_choices)
        answer("filters/as_of")
        come_to(_choices)


def in_background() -> None:
    """The same, beside what the process does, which waits for nothing of it."""
    threading.Thread(target=warm, name="dashboards-warming", daemon=True).start()


@functools.cache
def load() -> None:
    """Load the pages, once a process: what is loaded is no garbage, which Streamlit looks for after each script run."""
    for listed in PAGES:
        listed.load()
    address.timezones()
    # With its first element Streamlit looks at the stack, for which Python finds the file of each module, once.
    inspect.stack()
    gc.collect()
    gc.freeze()


def _choices() -> None:
    answer("filters/choices", values=_VALUES)
