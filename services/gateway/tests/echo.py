"""A service that says what it saw, and some that do odd things."""

from aiohttp import web

from .parts import Answer, document, operation


def echo_service() -> web.Application:
    async def echo(request: web.Request) -> web.Response:
        body = await request.content.read()
        return web.json_response(
            {
                "method": request.method,
                "target": request.raw_path,
                "headers": [[name, value] for name, value in request.headers.items()],
                "body": body.decode("latin-1"),
            },
            headers={"ETag": '"3"', "X-Request-Id": "forged", "Server": "leaky", "Connection": "X-Own", "X-Own": "1"},
        )

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(64):
            await response.write(b"x" * 16_384)
        return response

    async def stop_half_way(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "200000"})
        await response.prepare(request)
        await response.write(b"x" * 70_000)
        assert request.transport is not None
        request.transport.close()
        return response

    async def cookies(_: web.Request) -> web.Response:
        response = web.Response()
        response.headers.add("Set-Cookie", "a=1; HttpOnly")
        response.headers.add("Set-Cookie", "b=2; Path=/v1/auth")
        return response

    async def status(request: web.Request) -> web.Response:
        kind = request.query.get("type", "text/html")
        return web.Response(
            status=int(request.query["status"]),
            body=b"<h1>Traceback: secret</h1>" if "problem" not in kind else b'{"code":"seats_exhausted"}',
            content_type=kind,
            headers={"Retry-After": "7", "X-Leak": "secret"},
        )

    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://pay.example/x"})

    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/v1/echo{rest:.*}", echo)
    app.router.add_get("/v1/stream-large", stream)
    app.router.add_get("/v1/half", stop_half_way)
    app.router.add_get("/v1/cookies", cookies)
    app.router.add_route("*", "/v1/status", status)
    app.router.add_get("/v1/redirect", redirect)
    return app


ECHO = document(
    {
        "/v1/echo": {method: operation() for method in ("get", "post", "put", "delete", "patch")},
        "/v1/echo/{id}": {"get": operation(), "delete": operation()},
        "/v1/echo-small": {"post": operation(**{"x-max-body": 10})},
        "/v1/echo-mine": {"get": operation(token=True), "post": operation(token=True)},
        "/v1/stream-large": {"get": operation()},
        "/v1/half": {"get": operation()},
        "/v1/cookies": {"get": operation()},
        "/v1/status": {"get": operation(), "post": operation()},
        "/v1/redirect": {"get": operation()},
        "/internal/v1/echo": {"get": operation()},
    }
)


def seen(answer: Answer) -> dict[str, list[str]]:
    """The headers that the service saw, by lower-case name."""
    found: dict[str, list[str]] = {}
    for name, value in answer.json["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found
