"""The dashboards as an ASGI application, for the node or a server of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App

from spanledger_dashboards import open_store
from spanledger_dashboards.gate import Gate

if TYPE_CHECKING:
    from spanledger_settings.access_rule import AccessRule
    from spanledger_sql.store import Store

SCRIPT = Path(__file__).with_name("app.py")
_LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"]


def dashboards(store: Store, *, host: str = "", rules: tuple[AccessRule, ...] = ()) -> App:
    """The dashboards over an open store, which stays the caller's to close.

    Serve it with uvicorn in the process that holds the store. One process serves one such application.

    Args:
        store: What the pages read.
        host: The address it is served at. On loopback, requests for any other host name are refused, so that a web
            page cannot read the ledger through a name that it points at this machine; a proxy in front needs
            ``STREAMLIT_SERVER_ALLOWED_HOSTS``.
        rules: Who sees what, where there is a log-in.
    """
    open_store.hand_over(store, rules)
    app = App(SCRIPT, middleware=[Middleware(Gate, rules=rules)])
    # The modules in the folder `pages` are no scripts: until the first page has said so itself, Streamlit would run one
    # for an address such as /sustainability, and show an empty page.
    PagesManager.uses_pages_directory = False
    # The settings beside the script count only once Streamlit knows the script, and it may have read others before.
    config.get_config_options(force_reparse=True)
    if host in _LOOPBACK_NAMES and not config.is_manually_set("server.allowedHosts"):
        config.set_option("server.allowedHosts", _LOOPBACK_NAMES)
    return app
