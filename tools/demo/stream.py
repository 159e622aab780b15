"""A person's live alerts: the WebSocket of /v1/stream, opened with a ticket."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from demo.failure import DemoFailed
from demo.platform import Person, Platform

Frame = dict[str, Any]


class Stream:
    """An open socket; `hello` is its first frame."""

    def __init__(self, platform: Platform, person: Person) -> None:
        self._platform = platform
        self._person = person
        self._socket: ClientConnection | None = None
        self.hello: Frame = {}

    async def __aenter__(self) -> Self:
        ticket = await self._platform.call("POST", "/v1/stream/ticket", person=self._person)
        address = self._platform.url.replace("http", "ws", 1) + f"/v1/stream?ticket={ticket['ticket']}"
        try:
            self._socket = await connect(address, origin=self._platform.url, open_timeout=10)  # type: ignore[arg-type]
        except (OSError, WebSocketException, TimeoutError) as error:
            raise DemoFailed(f"the socket of {self._person.name} was not opened: {error}") from None
        self.hello = await self.next(lambda frame: frame["type"] == "hello", "hello")
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def next(self, wanted: Callable[[Frame], bool], what: str, seconds: float = 20) -> Frame:
        """The next frame that is wanted; others (pings) pass by. Raises DemoFailed if it does not come."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    frame: Frame = json.loads(await self._open_socket.recv())
                    if wanted(frame):
                        return frame
        except TimeoutError:
            raise DemoFailed(f"{what} did not reach {self._person.name}'s socket within {seconds:.0f} s") from None
        except ConnectionClosed as closed:
            raise DemoFailed(f"{self._person.name}'s socket was closed before {what} came: {closed}") from None

    async def closed(self, seconds: float = 20) -> tuple[int, str]:
        """Wait until the platform closes the socket; returns its code and reason."""
        try:
            async with asyncio.timeout(seconds):
                await self._open_socket.wait_closed()
        except TimeoutError:
            raise DemoFailed(f"{self._person.name}'s socket is still open after {seconds:.0f} s") from None
        return self._open_socket.close_code or 1006, self._open_socket.close_reason or ""

    @property
    def _open_socket(self) -> ClientConnection:
        assert self._socket is not None, "used outside its `async with` block"
        return self._socket
