"""A server that speaks S3, as a process of its own (moto), for tests of whoever keeps files there."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

from chassis.settings import BlobSettings
from chassis.testing import eventually
from local_stack.ports import free_port


@dataclass
class S3Server:
    """Where it answers. It keeps everything in memory and believes any key that is well formed."""

    url: str
    process: asyncio.subprocess.Process

    async def bucket(self, prefix: str = "") -> BlobSettings:
        """A new, empty bucket, and the settings that lead to (a part of) it."""
        name = f"files-{uuid4().hex[:12]}"
        async with aiohttp.ClientSession() as http, http.put(f"{self.url}/{name}") as answer:
            answer.raise_for_status()
        return BlobSettings.model_validate(
            {
                "blobs_url": f"s3://{name}/{prefix}".rstrip("/"),
                "blobs_s3_endpoint": self.url,
                "blobs_s3_access_key_id": "AKIAIOSFODNN7EXAMPLE",
                "blobs_s3_secret_access_key": "not-a-secret",
            }
        )

    async def stop(self) -> None:
        """End it; what it kept is gone."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        await self.process.wait()


@asynccontextmanager
async def running_s3() -> AsyncIterator[S3Server]:
    """Started, answering, ended in the end."""
    port = free_port()
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    quiet = subprocess.DEVNULL
    server = S3Server(
        f"http://127.0.0.1:{port}", await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    )
    try:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                with suppress(aiohttp.ClientError):
                    async with http.get(f"{server.url}/moto-api/data.json") as answer:
                        return answer.status == 200
                return False

            await eventually(answers)
        yield server
    finally:
        await server.stop()
