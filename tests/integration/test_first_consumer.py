"""The tutorial's service, exactly as its page prints it, on the running platform."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from chassis.keys import SigningKey
from chassis.provision import provision
from chassis.testing import eventually
from local_stack import catalogue
from local_stack.keyring import ServiceSecrets
from local_stack.ports import free_port
from tests.integration.platform import command

PAGE = Path(__file__).parents[2] / "docs/tutorial/first-consumer.md"
FILE = re.compile(
    r"^\*\*`services/greeter/(?P<path>[^`]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
ROW = catalogue.ServiceRow("greeter", lambda _: {})


@pytest.fixture
def settings(platform, tmp_path) -> dict[str, str]:
    for match in FILE.finditer(PAGE.read_text()):
        file = tmp_path / match["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(match["text"])
    stack, key = platform.stack, SigningKey.generate()
    passwords = dict.fromkeys(catalogue.ROLES, stack.keyring.services["teams"].database["api"])
    stack.keyring.services["greeter"] = ServiceSecrets(passwords, key.private_text, key.public_text)
    for name in ROW.port_names():
        stack.ports[name] = free_port(set(stack.ports.values()))
    yield os.environ | catalogue.environment(stack, ROW) | {"PYTHONPATH": str(tmp_path / "src")}
    del stack.keyring.services["greeter"]


def run(settings: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "greeter", *arguments]
    result = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
async def greeter(platform, settings):
    """As `make up` does it: schema, queue, both processes; teams learns the new service's public key."""
    await asyncio.to_thread(platform.stop, "teams-serve")
    await asyncio.to_thread(platform.start, "teams-serve")
    passwords = platform.stack.keyring.services["greeter"].database
    await provision(platform.stack.database_url, service="greeter", passwords=passwords)
    for arguments in (("migrate",), ("topology", "apply")):
        await asyncio.to_thread(run, settings, *arguments)
    processes = [
        subprocess.Popen(  # noqa: ASYNC220 - starting takes no time
            [sys.executable, "-m", "greeter", process],
            env=settings | catalogue.process_environment(platform.stack, ROW, process),
        )
        for process in ROW.processes
    ]
    yield platform.stack.service_url("greeter")
    for process in processes:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
async def early(platform, person):
    """Somebody who joined before there was a greeter, told of by everybody who listened then."""
    joan = await person("Joan Clarke").register(organization_name="Hut 8")

    async def published() -> bool:
        waiting = "SELECT count(*) FROM teams.outbox WHERE type = 'member.joined' AND published_at IS NULL"
        return bool((await platform.query(waiting))[0][0] == 0)

    await eventually(published)
    return joan


async def test_the_tutorials_service_greets_who_joins_and_shows_it_to_their_organization_only(
    early, greeter, settings, person, platform
) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    eve = await person("Eve").register(organization_name="Elsewhere")
    grace = person("Grace Hopper")
    await ada.invite(grace)
    await grace.join()
    seen: list[str] = []

    async def names(who) -> list[str]:
        headers = {"Authorization": f"Bearer {who.access_token}"}
        async with who.http.get(f"{greeter}/v1/greetings", headers=headers) as response:
            return [item["name"] for item in (await response.json())["items"]]

    async def both_greeted() -> bool:
        try:
            seen[:] = await names(ada)
        except aiohttp.ClientConnectionError:
            return False
        return len(seen) == 2

    await eventually(both_greeted, timeout=40)
    assert seen == ["Grace Hopper", "Ada Lovelace"]
    assert await names(eve) == ["Eve"]
    assert await names(early) == []
    replay = ("replay", "--to", "greeter", "--since", "2026-01-01")
    assert " member.joined" in (await asyncio.to_thread(command, platform.stack, "teams", *replay)).stdout

    async def made_up_for() -> bool:
        return await names(early) == ["Joan Clarke"]

    await eventually(made_up_for)
    assert sorted(await names(ada)) == ["Ada Lovelace", "Grace Hopper"], "nobody is greeted twice"
    assert "/v1/greetings" in json.loads(await asyncio.to_thread(run, settings, "openapi"))["paths"]
    assert await asyncio.to_thread(run, settings, "deadletters", "list") == "none\n"
