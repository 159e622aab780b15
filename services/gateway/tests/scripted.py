"""A service that does with its connections what it is told."""

import asyncio
from typing import Any

from .parts import document, operation

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Scripted:
    """A service that plays one script a connection; counts connections and requests."""

    def __init__(self, *scripts: str, answer: bytes = OK) -> None:
        self.scripts = list(scripts)
        self.answer = answer
        self.playing = 0
        self.connections = 0
        self.requests = 0
        self.release = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
            if not head:
                return
            self.requests += 1
            if not await self._play(script, reader, writer):
                return

    async def _play(self, script: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        if script == "ok":
            writer.write(OK)
            return True
        if script == "once":
            if self.requests > 1:
                return False
            writer.write(OK)
            return True
        if script == "hang":
            self.playing += 1
            ends = [asyncio.create_task(self.release.wait()), asyncio.create_task(_gone(reader))]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            self.playing -= 1
            return False
        if script == "early":
            writer.write(self.answer)
            await _gone(reader)
        if script == "garbage":
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        if script == "short":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        if script == "reset":
            writer.transport.abort()
        await writer.drain()
        return False


async def _gone(reader: asyncio.StreamReader) -> bool:
    """Return when the other side has closed; reads what it sends no faster than it must."""
    while await reader.read(1024):
        pass
    return True


def described(name: str) -> dict[str, Any]:
    methods = {method: operation() for method in ("get", "post", "put", "delete")}
    return document({f"/v1/{name}": methods})
