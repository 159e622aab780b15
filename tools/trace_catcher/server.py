"""OTLP/HTTP in, JSON out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from trace_catcher.spans import Traces, as_json, decode

MAX_BODY = 16 * 1024 * 1024


def application(traces: Traces) -> web.Application:
    """POST /v1/traces (OTLP/HTTP, protobuf), GET /api/traces/{trace id}, /health/ready."""

    async def take(request: web.Request) -> web.Response:
        try:
            traces.add(decode(await request.read()))
        except DecodeError:
            return web.json_response({"status": 400, "detail": "not an OTLP trace request"}, status=400)
        return web.Response(content_type="application/x-protobuf")

    async def show(request: web.Request) -> web.Response:
        return web.json_response({"items": as_json(traces.get(request.match_info["id"]))})

    async def healthy(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application(client_max_size=MAX_BODY)
    app.add_routes([web.post("/v1/traces", take), web.get(r"/api/traces/{id:[0-9a-f]{32}}", show)])
    app.router.add_get("/health/ready", healthy)
    return app


@asynccontextmanager
async def running(*, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Catch spans until the block ends; yields the URL to give to OTEL_EXPORTER_OTLP_ENDPOINT."""
    runner = web.AppRunner(application(Traces()), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
