"""Is it alive, is it ready; and the private port with the metrics."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis import metrics

CHECK_SECONDS = 2.0
Check = Callable[[], Awaitable[object]]


class Health:
    """What readiness asks. `stopping` makes it say no while work in hand is finished."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.stopping = False
        self._in_hand = 0
        self._waiting: asyncio.Event | None = None

    def enter(self) -> None:
        """A request begins; `leave` must follow: an orderly end waits for it."""
        self._in_hand += 1
        metrics.IN_FLIGHT.inc()

    def leave(self) -> None:
        """It has ended."""
        self._in_hand -= 1
        metrics.IN_FLIGHT.dec()
        if self._waiting is not None and not self._in_hand:
            self._waiting.set()

    async def idle(self) -> None:
        """Until no request is in hand."""
        if self._waiting is None:
            self._waiting = asyncio.Event()
        while self._in_hand:
            self._waiting.clear()
            await self._waiting.wait()

    async def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether to send work here, and what each part says; all parts are asked at once, two seconds at most."""
        said = await asyncio.gather(*(_ask(check) for check in self.checks.values()))
        parts = dict(zip(self.checks, said, strict=True))
        if self.stopping:
            parts["process"] = "stopping"
        return all(value == "ok" for value in parts.values()), parts


HEALTH = web.AppKey("health", Health)


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever a part raises, it is not ready, and we say which
        return f"unavailable ({type(error).__name__})"
    return "ok"


def liveness() -> web.Response:
    """The answer of /health/live: whoever can say so lives."""
    return _json(200, {"status": "live"})


async def readiness(health: Health) -> web.Response:
    """The answer of /health/ready."""
    ready, parts = await health.ready()
    return _json(200 if ready else 503, {"status": "ready" if ready else "unavailable", "parts": parts})


async def _live(_: web.Request) -> web.Response:
    return liveness()


async def _ready(request: web.Request) -> web.Response:
    return await readiness(request.app[HEALTH])


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _json(status: int, document: dict[str, object]) -> web.Response:
    headers = {"Retry-After": "2"} if status == 503 else {}
    return web.Response(status=status, body=orjson.dumps(document), content_type="application/json", headers=headers)


def add_health(app: web.Application, health: Health) -> None:
    """Serve /health/live and /health/ready."""
    app[HEALTH] = health
    app.router.add_get("/health/live", _live)
    app.router.add_get("/health/ready", _ready)


def private_app(health: Health) -> web.Application:
    """What the private port serves in every process: /metrics and the two of health."""
    app = web.Application()
    add_health(app, health)
    app.router.add_get("/metrics", _metrics)
    return app
