"""The thing service as a process, from the outside."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chassis.testing import TestIssuer, wait_until

SERVICE = Path(__file__).with_name("thing_service.py")
ISSUER = TestIssuer()


class Process:
    """One running process and the lines it wrote."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    async def said(self, event: str, times: int = 1) -> dict[str, Any]:
        """The first line with this event, once there are so many."""
        await wait_until(lambda: len(self.all_said(event)) >= times or self._reading.done(), timeout=30)
        found = self.all_said(event)
        assert len(found) >= times, self.lines
        return found[0]

    def all_said(self, event: str) -> list[dict[str, Any]]:
        """All lines with this event so far."""
        return [line for line in self.lines if line["event"] == event]

    async def end(self) -> int:
        """Its exit code, once all its lines are read."""
        await asyncio.wait_for(self._reading, 20)
        return await self.process.wait()


@asynccontextmanager
async def running(environment: dict[str, str], command: str, **more: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SERVICE), command, env=environment | more, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(environment: dict[str, str], *arguments: str, **more: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SERVICE),
        *arguments,
        env=environment | more,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def half_a_request(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request the server is answering, and whose body is not there yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
    writer.write(head.encode() + b"Expect: 100-continue\r\n\r\n")
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
    return reader, writer
