"""Asks for the log-in at every address that is no part of it, not only on the pages.

Streamlit keeps the files that a page offers at addresses of their own, and gives them to whoever knows one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from streamlit import auth_util, config
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from spanledger_dashboards import viewer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from spanledger_settings.access_rule import AccessRule

# Where Streamlit serves more than itself. All else is its own scripts, styles and page, and the log-in.
_ASKED = ("_stcore", "media", "component", "app")
# What a browser asks before it can show the log-in. The page itself comes over a socket, and asks who one is.
_OPEN = ("_stcore/health", "_stcore/host-config")


class Gate:
    """An ASGI app that lets through to another who may see something of it; without a log-in, everybody."""

    def __init__(self, app: ASGIApp, rules: tuple[AccessRule, ...]) -> None:
        """Stand before ``app``, with the rules of who sees what."""
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to who has not logged in, 403 to whom no rule lets in."""
        if scope["type"] != "http" or not viewer.has_login() or _is_of_the_login(Request(scope)):
            await self._app(scope, receive, send)
            return
        claims = _claims(Request(scope))
        if claims is None:
            await PlainTextResponse("log in at the dashboards first\n", status_code=401)(scope, receive, send)
            return
        try:
            viewer.by_rules(self._rules, claims)
        except viewer.NoAccessError as error:
            await PlainTextResponse(f"{error}\n", status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_of_the_login(request: Request) -> bool:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    path = request.url.path.lstrip("/").removeprefix(f"{base}/" if base else "")
    if path in _OPEN:
        return True
    return request.method in ("GET", "HEAD") and path.partition("/")[0] not in _ASKED


def _claims(request: Request) -> dict[str, Any] | None:
    """What the identity provider said of who asks, as Streamlit's signed cookie has it; None: he has not logged in."""
    cookies = request.cookies

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    said = auth_util.get_cookie_with_chunks(signed, USER_COOKIE_NAME)
    claims: dict[str, Any] = json.loads(said) if said else {}
    if not claims.get("is_logged_in") or claims.get("origin") != auth_util.get_origin_from_redirect_uri():
        return None
    return claims
