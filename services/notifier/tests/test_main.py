"""The serving process as it is started in production: its own interpreter, uvloop, signals."""

import asyncio
import json
import os
import signal
import sys

import aiohttp
import pytest

from notifier.settings import Settings


@pytest.fixture
async def process(settings, issuer_at):
    """`python -m notifier serve`; returns the process and its address."""
    _, teams_url = issuer_at
    configured: Settings = settings(teams_url=teams_url, shutdown_seconds=5)
    environment = {
        name.upper(): value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in configured
        if isinstance(value, str | int | float) or hasattr(value, "get_secret_value")
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier", "serve", env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        while (line := json.loads(await started.stdout.readline())).get("port") is None:
            pass
    yield started, f"http://127.0.0.1:{line['port']}"
    if started.returncode is None:
        started.kill()
    await started.wait()


async def test_sigterm_sends_sockets_away_and_ends_well(process, issuer_at, person, story):
    started, url = process
    issuer, _ = issuer_at
    headers = issuer.headers(user_id=person("Ada").user_id, org_id=story().org_id)
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/v1/stream", headers=headers) as socket:
        assert json.loads((await socket.receive()).data)["type"] == "hello"
        started.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            frames = [json.loads(message.data) async for message in socket]
        assert frames[-1]["code"] == "going_away"
        assert 0 < frames[-1]["retry_after_ms"] <= 5000
        assert socket.close_code == 1001
    async with asyncio.timeout(10):
        assert await started.wait() == 0
