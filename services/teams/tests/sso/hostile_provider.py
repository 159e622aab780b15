"""A provider that an attacker runs: it follows the protocol and says whatever a test wants it to say."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from joserfc import jwk, jwt

from chassis.testing import serving
from tests.openid_provider.running import CLIENT_ID

Claims = dict[str, Any]


class HostileProvider:
    """`claims` go into every ID token; `header`, `key` and `sign` say how it is signed; `serve` overrides an answer."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one"})
        self.published = [self.key]
        self.claims: Claims = {}
        self.without: set[str] = set()
        self.header: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any], Claims], str] = self._sign
        self.discovery: dict[str, Any] = {}
        self.token_answer: dict[str, Any] = {}
        self.serve: dict[str, Callable[[web.Request], Any]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.nonces: dict[str, str] = {}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["HostileProvider"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        async with serving(app) as self.issuer:
            yield self

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        form = {key: str(value) for key, value in (await request.post()).items()} if request.method == "POST" else {}
        self.requests.append((path, form))
        if path in self.serve:
            answer = self.serve[path](request)
            return await answer if asyncio.iscoroutine(answer) else answer
        if path == "/.well-known/openid-configuration":
            return web.json_response(self._discovery() | self.discovery)
        if path == "/jwks":
            return web.json_response({"keys": [key.as_dict(private=False) for key in self.published]})
        if path == "/token":
            return web.json_response(self._tokens(form))
        return web.json_response({}, status=404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        nonce = self.nonces.get(form["code"], "")
        return {"access_token": "an access token", "token_type": "Bearer", "id_token": self._id_token(nonce)} | (
            self.token_answer
        )

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "s1", "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {k: v for k, v in (claims | self.claims).items() if k not in self.without}
        return self.sign({"alg": "RS256", "kid": "one"} | self.header, claims)

    def _sign(self, header: dict[str, Any], claims: Claims) -> str:
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])

    def sign_in(self, authorization_url: str, **changes: str | None) -> str:
        """Send the browser back at once, with a code for this very request; `changes` alter the query."""
        split = urlsplit(authorization_url)
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        code = f"code-{len(self.nonces)}"
        self.nonces[code] = asked["nonce"]
        query = {"code": code, "state": asked["state"]} | changes
        return f"{asked['redirect_uri']}?{urlencode({k: v for k, v in query.items() if v is not None})}"

    def public_pem(self) -> bytes:
        """What everybody can read, and an attacker would sign with."""
        public = self.key.get_op_key("verify")
        return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def segment(part: Any) -> str:
    """One part of a compact token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def at_hash(access_token: str) -> str:
    """Core 1.0, 3.1.3.6, for the algorithms that end in 256."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
