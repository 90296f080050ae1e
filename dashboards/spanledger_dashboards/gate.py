"""Asks for the log-in at every address that is no part of it, not only on the pages.

Streamlit keeps the files that a page offers at addresses of their own, and gives them to whoever knows one: here they
are given to the person alone to whom they were offered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from streamlit import auth_util, config
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from spanledger_dashboards import viewer
from spanledger_dashboards.file_offer import offered_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from spanledger_settings.access_rule import AccessRule

# Where Streamlit serves more than itself. All else is its own scripts, styles and page, and the log-in.
_ASKED = ("_stcore", "media", "component", "app")
# What a browser asks before it can show the log-in. The page itself comes over a socket, and asks who one is.
_OPEN = ("_stcore/health", "_stcore/host-config")
_NOT_OFFERED = b"this file was offered to somebody else; take it from a page of your own\n"


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
        if _path(Request(scope)).startswith("media/"):
            send = _to_whom_it_was_offered(send, claims)
        await self._app(scope, receive, send)


def _to_whom_it_was_offered(send: Send, claims: Mapping[str, Any]) -> Send:
    """Sends a file on to the person to whom it was offered, and to another that he may not have it.

    What is no file to be kept, such as the page's mark, is nobody's.
    """
    kept_back = False

    async def sent(message: Message) -> None:
        nonlocal kept_back
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "content-disposition" in headers:
                media_type = offered_to(claims, headers.get("content-type", ""))
                kept_back = media_type is None
                headers["content-type"] = media_type or "text/plain; charset=utf-8"
                # The same address is another answer to another person.
                headers["cache-control"] = "private, no-store"
            if kept_back:
                del headers["content-disposition"]
                for name in ("content-encoding", "content-range", "accept-ranges"):
                    del headers[name]
                headers["content-length"] = str(len(_NOT_OFFERED))
                message["status"] = 403
                await send(message)
                await send({"type": "http.response.body", "body": _NOT_OFFERED})
                return
        if not kept_back:
            await send(message)

    return sent


def _path(request: Request) -> str:
    """What is asked for, below the address of the dashboards."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return request.url.path.lstrip("/").removeprefix(f"{base}/" if base else "")


def _is_of_the_login(request: Request) -> bool:
    path = _path(request)
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
