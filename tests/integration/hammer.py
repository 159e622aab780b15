"""Clients that ask without pause at many doors and sit on open sockets, and remember what became of each request."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from chassis.testing import wait_until


@dataclass(frozen=True)
class Door:
    """Where somebody asks, and the process whose word decides whether they are let in."""

    process: str
    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; times are seconds since 1970. `code` is the problem's where it was refused."""

    sent: float
    answered: float
    status: int
    code: str


@dataclass(frozen=True)
class Ended:
    """How a socket ended: when, its close code, and the reason of its last frame."""

    at: float
    close_code: int | None
    reason: str


class Hammer:
    """Asks at every door from `clients` connections each, and holds a socket open at every socket door.

    As a context manager: inside the block they ask; `answers` and `endings` may be read at any time.
    """

    def __init__(
        self, http: aiohttp.ClientSession, doors: Sequence[Door], sockets: Sequence[Door] = (), *, clients: int = 2
    ) -> None:
        self._http = http
        self._clients = clients
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()
        self._sockets = sockets
        self.answers: dict[Door, list[Asked]] = {door: [] for door in doors}
        self.endings: dict[Door, Ended] = {}

    async def __aenter__(self) -> Self:
        for door in self._sockets:
            context = self._http.ws_connect(door.url, headers=door.headers)
            socket = await self._stack.enter_async_context(context)
            hello = json.loads((await socket.receive(timeout=15)).data)
            assert hello["type"] == "hello", hello
            self._tasks.append(asyncio.create_task(self._sit(door, socket)))
        self._tasks += [asyncio.create_task(self._ask(door)) for door in self.answers for _ in range(self._clients)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        await self._stack.aclose()
        await asyncio.gather(*self._tasks)

    async def asked(self, times: int, since: Mapping[str, float] | None = None) -> None:
        """Return once so many requests of each door, sent after its process's instant, are answered."""

        def enough() -> bool:
            self._check()
            return all(len(self.after(door, (since or {}).get(door.process, 0.0))) >= times for door in self.answers)

        await wait_until(enough, timeout=60)

    async def ended(self) -> None:
        """Return once every socket is closed."""
        await wait_until(lambda: len(self.endings) == len(self._sockets), timeout=30)

    def after(self, door: Door, instant: float) -> list[Asked]:
        """The answered requests of a door that were sent after an instant."""
        return [one for one in self.answers[door] if one.sent > instant]

    def _check(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _ask(self, door: Door) -> None:
        while not self._stop.is_set():
            sent = time.time()
            async with self._http.get(door.url, headers=door.headers) as response:
                body = await response.read()
            problem = json.loads(body)["code"] if "problem" in response.content_type else ""
            self.answers[door].append(Asked(sent, time.time(), response.status, problem))

    async def _sit(self, door: Door, socket: aiohttp.ClientWebSocketResponse) -> None:
        last = ""
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            last = message.data
        frame = json.loads(last) if last else {}
        self.endings[door] = Ended(time.time(), socket.close_code, frame.get("code", ""))
