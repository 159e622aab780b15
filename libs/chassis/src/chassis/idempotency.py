"""Idempotency keys, kept in the transaction of the write they belong to.

Neither the key nor anything a body could be guessed from is stored: the key is hashed, and the fingerprint of the
body is keyed with it. An answer is stored only where it holds no secret; else a reference it is derived from again.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from aiohttp import web

from chassis.answers import Reference
from chassis.database import Row, Tx
from chassis.problems import BadRequest, Conflict, Invalid
from chassis.rendering import Rendered, render
from chassis.routes import Route

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEPT_FOR = timedelta(hours=24)
_MAX_KEY = 255


@dataclass
class Replayed(Exception):
    """The key was used before with this body: answer as then. Ends the transaction without a write."""

    rendered: Rendered
    reference: Reference | None


def key_of(request: web.BaseRequest) -> str | None:
    """The request's key. Raises BadRequest unless it is 1 to 255 printable ASCII characters, given once."""
    given = request.headers.getall(HEADER, [])
    if not given:
        return None
    key = given[0]
    if len(given) > 1 or not 1 <= len(key) <= _MAX_KEY or not (key.isascii() and key.isprintable()):
        raise BadRequest("idempotency_key_invalid", "An Idempotency-Key is 1 to 255 printable ASCII characters.")
    return key


class KeyRecorder:
    """One key of one request. `scope` is who asks for which operation: nobody meets another's keys."""

    def __init__(self, route: Route, key: str, scope: str, body: bytes) -> None:
        self._route = route
        self._scope = scope
        self._key = hashlib.sha256(key.encode()).hexdigest()
        self._fingerprint = hmac.digest(key.encode(), body, "sha256")
        self.rendered: Rendered | None = None

    async def begin(self, tx: Tx) -> None:
        """Take the key until the transaction ends. Raises Replayed, Conflict (in use) or Invalid (another body)."""
        lock = f"{tx.service} {self._scope} {self._key}"
        if not await tx.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", lock):
            raise Conflict("idempotency_key_in_use", "The first request with this key is still being worked on.")
        stored = await tx.fetchrow(
            "SELECT fingerprint, status, headers::text AS headers, body, reference::text AS reference"
            " FROM idempotency_keys WHERE scope = $1 AND key = $2 AND created_at > $3",
            self._scope,
            self._key,
            tx.now - KEPT_FOR,
        )
        if stored is None:
            return
        if not hmac.compare_digest(stored["fingerprint"], self._fingerprint):
            raise Invalid("idempotency_key_reused", "This Idempotency-Key was used with another request.")
        raise _replay(stored)

    async def finish(self, tx: Tx, answer: Any) -> None:
        """Store the answer, or its reference. Raises TypeError for an answer that must not be stored."""
        rendered = render(self._route, answer)
        derived = self._route.idempotent == "rederive"
        if derived and rendered.reference is None:
            raise TypeError(f"{self._route.name}: an answer that is derived again needs Reply(reference=…)")
        if not derived and rendered.cookies:
            raise TypeError(f"{self._route.name}: cookies are not stored; use idempotent='rederive' or False")
        await tx.execute(
            "INSERT INTO idempotency_keys (scope, key, fingerprint, status, headers, body, reference, created_at)"
            " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7::text::jsonb, $8)"
            " ON CONFLICT (scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,"
            " headers = excluded.headers, body = excluded.body, reference = excluded.reference,"
            " created_at = excluded.created_at",
            self._scope,
            self._key,
            self._fingerprint,
            rendered.status,
            None if derived else orjson.dumps(rendered.headers).decode(),
            None if derived else rendered.body,
            orjson.dumps(dict(rendered.reference or {}), default=str).decode() if derived else None,
            tx.now,
        )
        self.rendered = rendered


def _replay(stored: Row) -> Replayed:
    headers = orjson.loads(stored["headers"]) if stored["headers"] else {}
    reference = Reference(orjson.loads(stored["reference"])) if stored["reference"] else None
    headers[REPLAYED_HEADER] = "true"
    return Replayed(Rendered(stored["status"], headers, stored["body"]), reference)


async def expire_keys(tx: Tx) -> None:
    """Delete the keys nobody may come back with; a scheduled job of the worker."""
    await tx.execute("DELETE FROM idempotency_keys WHERE created_at < $1", tx.now - KEPT_FOR)
