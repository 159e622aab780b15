"""Listening: aiohttp's server, whose own refusals of broken HTTP are problems too."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_server import Server

from chassis.health import HEALTH
from chassis.middleware import InternalError
from chassis.problems import BadRequest, Problem
from chassis.rendering import problem_response
from chassis.settings import StartRefused
from contracts.ids import new_id

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 75.0
FIRST_REQUEST_SECONDS = 10.0
"""For the head of a connection's first request: whoever sends it letter by letter holds no connection for long."""
LAST_WORDS_SECONDS = 1.0
"""For answers that are written but not yet taken; what still works then is cancelled."""
LONGEST_HEADER = 16 * 1024
"""Above what a token may have, so that a token that is too long gets the answer of a bad token."""


Take = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Dress = Callable[[web.BaseRequest, web.StreamResponse], None]


@dataclass(frozen=True)
class Direct:
    """Takes every request as it comes off its connection, past the application's router, middlewares and signals.

    `dress` is called for each answer just before its head is written.
    """

    take: Take
    dress: Dress


DIRECT: web.AppKey[Direct] = web.AppKey("direct", Direct)


class HeadersTooLarge(Problem):
    """431: a header or the request line is longer than eight kilobytes."""

    status = 431


class _ProblemHandler(RequestHandler):
    __slots__ = ("_first_request",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first request has to arrive soon; for later ones the time of an idle connection counts."""
        super().connection_made(transport)
        self._first_request = self._loop.call_later(FIRST_REQUEST_SECONDS, self._give_up_waiting)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The timer goes with the connection."""
        self._first_request.cancel()
        super().connection_lost(exc)

    def _give_up_waiting(self) -> None:
        if self._request_count == 0:
            self.force_close()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes what was sent
    ) -> web.StreamResponse:
        """What never reached the application: bytes that are no HTTP."""
        request_id = str(new_id())
        if request.writer.output_size > 0:
            raise ConnectionError("half an answer is out")
        if status >= 500:
            log.error("a request broke the server's own code", exc_info=exc, extra={"request_id": request_id})
        else:
            log.info("not HTTP", extra={"reason": type(exc).__name__, "request_id": request_id})
        response = problem_response(_problem(status, exc), request_id)
        response.force_close()
        return response


def _problem(status: int, error: BaseException | None) -> Problem:
    if status >= 500:
        return InternalError()
    if isinstance(error, LineTooLong):
        return HeadersTooLarge("headers_too_large", "A header or the request line is too long.")
    return BadRequest("malformed_request", "This is not an HTTP request we read.")


class _ProblemServer(Server):
    def __call__(self) -> RequestHandler:
        return _ProblemHandler(self, loop=self._loop, **self._kwargs)


class ProblemRunner(web.AppRunner):
    """An AppRunner that speaks problem+json also below the application, and lets requests in hand finish.

    aiohttp's own end drops whatever still arrives, also the rest of a body it is answering, so it comes last.
    """

    _told = False

    async def shutdown(self) -> None:
        """Tell the application once that it ends (`on_shutdown`), e.g. to say goodbye on its sockets."""
        if not self._told:
            self._told = True
            await super().shutdown()

    async def drain(self) -> None:
        """Take no new connection; wait, as long as a shutdown may take, until no request is in hand."""
        for site in self.sites:
            await site.stop()
        health = self.app.get(HEALTH)
        if health is None:
            return
        health.stopping = True
        await self.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._shutdown_timeout):
                await health.idle()
        self._shutdown_timeout = min(self._shutdown_timeout, LAST_WORDS_SECONDS)

    async def _make_server(self) -> Any:
        plain = await super()._make_server()
        direct = self.app.get(DIRECT)
        return _ProblemServer(
            plain.request_handler if direct is None else direct.take,
            request_factory=plain.request_factory if direct is None else _direct_requests(direct, plain._loop),
            handler_cancellation=plain.handler_cancellation,
            loop=plain._loop,
            **plain._kwargs,
        )


def _direct_requests(direct: Direct, loop: asyncio.AbstractEventLoop) -> Callable[..., web.BaseRequest]:
    class Request(web.BaseRequest):
        async def _prepare_hook(self, response: web.StreamResponse) -> None:
            direct.dress(self, response)

    return partial(Request, loop=loop)


async def listen(
    app: web.Application, host: str, port: int, *, shutdown_seconds: float, reuse_port: bool = False, setting: str
) -> tuple[ProblemRunner, int]:
    """Serve the application; returns its runner and the port it got. Raises StartRefused if the port is taken."""
    runner = ProblemRunner(
        app,
        access_log=None,
        shutdown_timeout=shutdown_seconds,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        max_field_size=LONGEST_HEADER,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_port=reuse_port or None, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        raise StartRefused(f"{setting}: cannot listen on {host}:{port}: {error.strerror or error}") from None
    return runner, int(runner.addresses[0][1])


async def stop_listening(runner: ProblemRunner) -> None:
    """Take no more, finish what is being answered within the runner's time, close."""
    await runner.drain()
    await runner.cleanup()
