"""Every documented operation, with data that follows the schema and data that does not: answers are as documented.

An operation is covered as soon as it stands in a service's OpenAPI document. Bounded and the same each time in
`make test`; long and random, with its seed in the output, in `make test-long`.
"""

import asyncio
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from local_stack.places import ROOT
from tests.integration.person import PASSWORD, Person
from tests.integration.staff import Superadmin

pytestmark = pytest.mark.timeout(900)

SETTINGS = Path(__file__).with_name("schemathesis.toml")
ENDS_WHO_ASKS = re.compile(r"^(DELETE /v1/(me|organization)|POST /v1/organization/(leave|transfer-ownership))$")
"""Operations after which the one who asks is nobody any more: asked last, by somebody who does nothing else."""
LEAVES = "DELETE /v1/members/{user_id}"
"""What the last owner may not do, and anybody else may to themselves."""
SECONDS = 900


class Fuzzer:
    """Schemathesis, run from its command line against the gateway."""

    def __init__(self, gateway: str, folder: Path) -> None:
        self._gateway = gateway
        self._folder = folder

    async def run(self, *how: str, document: str = "/openapi.json", auth: str = "") -> str:
        """What it says. Raises AssertionError, with that, if it found anything."""
        settings = self._folder / "schemathesis.toml"
        settings.write_text(f'headers = {{ X-Forwarded-For = "{new_address()}" }}\n{SETTINGS.read_text()}{auth}')
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)]
        command += ["run", f"{self._gateway}{document}", "--no-color", *how]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        found = await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=self._folder, capture_output=True, text=True, timeout=SECONDS
        )
        said: str = found.stdout + found.stderr
        assert found.returncode == 0, said
        return said


def new_address() -> str:
    """Where a run comes from, while its people sign in from here.

    Wrong passwords slow their address down (teams, `login_attempts`), and guessing is what a run does: asked to change
    the password, to hand an organization over, to sign in. Nobody else is to wait for that.
    """
    return str(IPv4Address(int(IPv4Address("198.18.0.0")) + secrets.randbelow(2**17)))


@pytest.fixture
def fuzzer(platform, tmp_path) -> Fuzzer:
    return Fuzzer(platform.gateway_url, tmp_path)


def signs_in(person: Person) -> str:
    """Settings: sign in again whenever the token has ended."""
    return f"""
[auth.dynamic.openapi.bearer]
path = "/v1/auth/login"
payload = {{ email = "{person.email}", password = "{PASSWORD}", client = "api" }}
extract_selector = "/access_token"
"""


def counts_of(said: str) -> tuple[int, int]:
    """How many operations were tested, and how many of them were to be."""
    selected = re.search(r"Selected: (\d+)/\d+", said)
    counted = re.search(r"Tested: (\d+)", said)
    assert selected is not None, said
    assert counted is not None, said
    return int(counted[1]), int(selected[1])


async def still_there(person: Person) -> None:
    """Whoever asked still is who they were, so that what was found was found with their rights."""
    again = await person.log_in()
    assert again.organization is not None, f"{person.name} lost the organization: see ENDS_WHO_ASKS"


async def operations(person: Person) -> dict[str, Any]:
    document = (await person.call("GET", "/openapi.json")).ok()
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def without(names: list[str]) -> list[str]:
    return [part for name in names for part in ("--exclude-name", name)]


@pytest.fixture
async def ada(person) -> Person:
    return await person("Ada Lovelace").register(organization_name="Analytical Engines")


@pytest.fixture
def viewer(person) -> Callable[[Person], Awaitable[Person]]:
    async def joined(owner: Person) -> Person:
        guest = person("Vic Viewer")
        await owner.invite(guest, role="viewer")
        return await guest.join()

    return joined


def bounded(examples: int) -> tuple[str, ...]:
    """The same each time."""
    return ("--generation-deterministic", "--max-examples", str(examples))


def random(examples: int) -> tuple[str, ...]:
    """Different each time; the seed stands in what is printed."""
    seed = secrets.randbelow(2**32)
    print(f"schemathesis --seed {seed}")
    return ("--generation-database", "none", "--seed", str(seed), "--max-examples", str(examples))


async def ask_as_owner(fuzzer: Fuzzer, owner: Person, last: Person, how: tuple[str, ...]) -> None:
    final = sorted(filter(ENDS_WHO_ASKS.match, await operations(owner)))
    said = await fuzzer.run(*how, *without(final), auth=signs_in(owner))
    done, wanted = counts_of(said)
    assert done == wanted
    await still_there(owner)
    if final:
        only = [part for name in final for part in ("--include-name", name)]
        await fuzzer.run(*how, *only, "--phases", "coverage,fuzzing", auth=signs_in(last))


async def ask_as_viewer(fuzzer: Fuzzer, viewer: Person, how: tuple[str, ...]) -> None:
    final = sorted(filter(ENDS_WHO_ASKS.match, await operations(viewer)))
    await fuzzer.run(*how, *without([*final, LEAVES]), auth=signs_in(viewer))
    await still_there(viewer)


async def test_what_an_owner_may_ask(ada, person, fuzzer) -> None:
    last = await person("Last Word").register(organization_name="The End")
    await ask_as_owner(fuzzer, ada, last, bounded(6))


async def test_what_a_viewer_may_ask(ada, viewer, fuzzer) -> None:
    await ask_as_viewer(fuzzer, await viewer(ada), (*bounded(3), "--phases", "fuzzing"))


async def test_who_does_not_say_who_they_are(fuzzer) -> None:
    await fuzzer.run(*bounded(3), "--phases", "fuzzing")


async def test_each_operation_that_needs_somebody_refuses_nobody(person) -> None:
    nobody = person("Nobody")
    for name, operation in (await operations(nobody)).items():
        if operation["security"]:
            method, path = name.split()
            answer = await nobody.call(method, re.sub(r"{\w+}", "01a2142b-4133-7321-97d8-52b562cbf953", path))
            assert answer.status == 401, (name, answer)
            assert answer.body["code"] == "authentication_required"


async def test_what_our_staff_may_ask(platform, http, fuzzer) -> None:
    root = await (await asyncio.to_thread(Superadmin.hired, platform, http)).sign_in()
    auth = f'\n[auth.openapi.adminBearer]\nbearer = "{root.token}"\n'
    await fuzzer.run(*bounded(3), "--phases", "coverage,fuzzing", document="/admin/openapi.json", auth=auth)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_at_length(ada, viewer, person, fuzzer) -> None:
    last = await person("Last Word").register(organization_name="The End")
    await ask_as_owner(fuzzer, ada, last, random(150))
    other = await person("Grace Hopper").register(organization_name="Compilers")  # ada's has no seat left, by chance
    await ask_as_viewer(fuzzer, await viewer(other), random(60))
    await fuzzer.run(*random(60))
