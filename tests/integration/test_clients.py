"""The generated clients' examples, run as a user runs them: against the whole platform, through the gateway."""

import asyncio
import os
import subprocess
import sys

import pytest

from api_clients.packages import build
from local_stack.places import ROOT, Places

CLIENTS = ROOT / "clients"


@pytest.fixture(scope="module")
def built() -> None:
    for name in ("python", "typescript"):
        build(Places.of(), name)


async def run(*command: str, **environment: str) -> list[str]:
    found = await asyncio.to_thread(
        subprocess.run, command, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout.splitlines()


def check_story(lines: list[str]) -> None:
    assert lines[0].startswith("invited charles-")
    assert lines[1:] == [
        "member Ada Lovelace, owner",
        "tracked 3 events",
        "refused: /email email_invalid",
    ]


async def test_the_python_client_tells_its_story(platform, built) -> None:
    tour = str(CLIENTS / "python" / "examples" / "tour.py")
    check_story(await run(sys.executable, tour, platform.gateway_url, PYTHONPATH=str(CLIENTS / "python" / "src")))


async def test_the_typescript_client_tells_its_story(platform, built) -> None:
    tour = str(CLIENTS / "typescript" / "examples" / "tour.ts")
    node = os.path.join(os.path.dirname(sys.executable), "node")  # noqa: PTH118, PTH120 - as it stands in the venv
    check_story(await run(node, tour, platform.gateway_url))


async def test_the_asyncio_client_walks_over_pages_and_changes_what_it_read(platform, person, built) -> None:
    from objectalabs import AsyncClient, Changed, Session, etag, every_async
    from objectalabs.generated.api.members import get_members
    from objectalabs.generated.api.organizations import get_organization, patch_organization
    from objectalabs.generated.models import UpdateOrganizationRequest

    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    for name in ("Charles Babbage", "Luigi Menabrea"):
        guest = person(name)
        await ada.invite(guest)
        await guest.join()
    session = Session("ended", ada.refresh_token)
    async with AsyncClient(platform.gateway_url, session) as client:
        names = [one.name async for one in every_async(get_members.asyncio, client=client, limit=1)]
        assert names == ["Ada Lovelace", "Charles Babbage", "Luigi Menabrea"]
        assert session.access_token != "ended"
        seen = await get_organization.asyncio(client=client)
        body = UpdateOrganizationRequest(name="Difference Engines")
        changed = await patch_organization.asyncio(client=client, body=body, if_match=etag(seen.version))
        assert changed.name == "Difference Engines"
        with pytest.raises(Changed):
            await patch_organization.asyncio(client=client, body=body, if_match=etag(seen.version))
