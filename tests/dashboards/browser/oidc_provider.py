"""A small OpenID Connect provider: whoever comes chooses who he is, and gets signed claims that say so.

python oidc_provider.py PORT CLAIMS.json
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})


def provider(address: str, people: dict[str, dict[str, Any]]) -> Starlette:
    """The provider at an address.

    Args:
        address: Of its own.
        people: The claims of each person, by name.
    """
    codes: dict[str, dict[str, Any]] = {}

    def metadata(_request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": address,
                "authorization_endpoint": f"{address}/authorize",
                "token_endpoint": f"{address}/token",
                "jwks_uri": f"{address}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def authorize(request: Request) -> Response:
        asked = request.query_params
        if (person := asked.get("person")) is None:
            links = "".join(
                f'<p><a href="?{escape(urlencode({**asked, "person": name}))}">{escape(name)}</a></p>'
                for name in people
            )
            return HTMLResponse(f"<h1>Who are you?</h1>{links}")
        code = secrets.token_hex(8)
        codes[code] = {**people[person], "nonce": asked.get("nonce"), "aud": asked["client_id"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def token(request: Request) -> Response:
        claims = codes.pop(str((await request.form())["code"]))
        now = int(time.time())
        claims = {"iss": address, "sub": claims.get("email", "x"), "iat": now, "exp": now + 600, **claims}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)
        return JSONResponse(
            {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 600, "id_token": signed}
        )

    def keys(_request: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/keys", keys),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(
        provider(f"http://127.0.0.1:{sys.argv[1]}", json.loads(Path(sys.argv[2]).read_text())),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
    )
