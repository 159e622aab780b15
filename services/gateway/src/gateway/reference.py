"""The references the gateway holds itself: `/openapi.json`, `/asyncapi.json`, `/docs/events`; serialized once."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web

from gateway.hygiene import API_POLICY, policy_with_style


class Reference:
    """A document as bytes, plain and compressed, each with a strong ETag; `policy` is its content security policy."""

    def __init__(self, body: bytes, content_type: str, *, policy: str) -> None:
        self.policy = policy
        self._content_type = content_type
        self._plain = body
        self._compressed = gzip.compress(self._plain, mtime=0)
        self._tag = hashlib.sha256(self._plain).hexdigest()[:32]

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Self:
        """A JSON document."""
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(body, "application/json", policy=API_POLICY)

    @classmethod
    def of_page(cls, html: str, *, style: str) -> Self:
        """A page without any script, with this one style element."""
        return cls(html.encode(), "text/html", policy=policy_with_style(style))

    def answer(self, *, accept_encoding: str, if_none_match: str) -> web.Response:
        """200 with the document, or 304 when the client has it."""
        small = "gzip" in accept_encoding.lower()
        tag = f'"{self._tag}-gzip"' if small else f'"{self._tag}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if tag in if_none_match or if_none_match.strip() == "*":
            return web.Response(status=304, headers=headers)
        if small:
            headers["Content-Encoding"] = "gzip"
        body = self._compressed if small else self._plain
        return web.Response(body=body, content_type=self._content_type, headers=headers)
