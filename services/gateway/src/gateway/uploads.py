"""A request's body on its way to a service: streamed, counted, and given up when the client stops."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from aiohttp import ClientPayloadError, HttpVersion11, web
from aiohttp.http_exceptions import BadHttpMessage

from chassis.problems import BadRequest, Problem, RequestTimeout, TooLarge
from gateway.depth import DepthGuard


class Upload:
    """Reads the body at the pace the service takes it. At most `cap` bytes, each pause at most `idle_seconds`, the
    whole at most `seconds`.

    What goes wrong on the client's side is kept in `failure`, because the HTTP client below wraps it in its own.
    """

    def __init__(
        self, request: web.BaseRequest, *, cap: int, seconds: float, idle_seconds: float, json_depth: int
    ) -> None:
        """Raises TooLarge before anything is read when Content-Length says so."""
        if request.content_length is not None and request.content_length > cap:
            raise _too_large(cap)
        self._request = request
        self._cap = cap
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._depth = DepthGuard(json_depth) if _is_json(request) else None
        self.failure: Problem | None = None

    async def chunks(self, progressed: Callable[[], None]) -> AsyncGenerator[bytes, None]:
        """The body as it comes. `progressed` is called for each piece."""
        await _invite(self._request)
        clock = asyncio.get_running_loop().time
        size, end = 0, clock() + self._seconds
        while chunk := await self._next():
            if clock() > end:
                raise self._fail(RequestTimeout("request_timeout", "The request took too long to arrive."))
            size += len(chunk)
            if size > self._cap:
                raise self._fail(_too_large(self._cap))
            self._check_depth(chunk)
            progressed()
            yield chunk

    def _check_depth(self, chunk: bytes) -> None:
        if self._depth is not None:
            try:
                self._depth.feed(chunk)
            except BadRequest as problem:
                raise self._fail(problem) from None

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await self._request.content.readany()
        except TimeoutError:
            raise self._fail(RequestTimeout("request_timeout", "The request stopped half-way.")) from None
        except (ClientPayloadError, BadHttpMessage, web.RequestPayloadError, ConnectionError) as error:
            raise self._fail(BadRequest("body_invalid", "The request's body cannot be read.")) from error

    def _fail(self, problem: Problem) -> Problem:
        self.failure = problem
        return problem


async def _invite(request: web.BaseRequest) -> None:
    """`100 Continue`, once it is known that the body is wanted."""
    if request.version >= HttpVersion11 and "Expect" in request.headers:
        writer = request.writer
        await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What counts as "the answer has begun" is this counter; the invitation is not the answer.
        writer.output_size = 0


def _is_json(request: web.BaseRequest) -> bool:
    kind = request.content_type
    return (kind == "application/json" or kind.endswith("+json")) and "Content-Encoding" not in request.headers


def _too_large(cap: int) -> TooLarge:
    return TooLarge("body_too_large", f"The body is larger than {cap} bytes.")
