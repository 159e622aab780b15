"""An organization is purged and a person ends their account: no column of any table names them, and staff see it done.

What may still say a name is declared with its reason in `erasing.KEPT`.
"""

import asyncio
from uuid import uuid4

import pytest

from chassis.testing import eventually
from contracts.erasure import ERASERS
from tests.integration.erasing import places, purge, undeclared
from tests.integration.person import PASSWORD
from tests.integration.platform import command
from tests.integration.staff import Superadmin


@pytest.fixture
async def root(platform, http) -> Superadmin:
    return await (await asyncio.to_thread(Superadmin.hired, platform, http)).sign_in()


async def completed(root: Superadmin, subject_id: str) -> None:
    """Wait until every service has said that it erased."""

    async def done() -> bool:
        answer = await root.call("GET", f"/admin/v1/erasures/{subject_id}")
        return answer.status == 200 and answer.body["outstanding"] == []

    await eventually(done, timeout=60)
    erasure = (await root.call("GET", f"/admin/v1/erasures/{subject_id}")).ok()
    assert sorted(one["service"] for one in erasure["acknowledged"]) == sorted(ERASERS)
    assert erasure["completed_at"]


async def spread(platform, *texts: str) -> set[str]:
    """Wait until the names have reached every service that keeps names; where they stand."""
    found: set[str] = set()

    async def everywhere() -> bool:
        nonlocal found
        found = await places(platform, *texts)
        return {place.partition(".")[0] for place in undeclared(found)} >= {"admin", "notifier", "teams"}

    await eventually(everywhere, timeout=60)
    return found


async def test_of_a_person_who_ends_their_account_nothing_is_left_anywhere(platform, person, root) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    zed = person(f"Zebulon Quatermain-{uuid4().hex[:8]}")
    await ada.invite(zed, "admin")
    await zed.join()
    await zed.invite(person("Linus Torvalds"))
    (await zed.call("PATCH", "/v1/me", {"locale": "fr"}, Idempotency_Key=str(uuid4()))).ok()
    key = {"name": f"Key of {zed.name}", "permissions": ["members:read"]}
    (await zed.call("POST", "/v1/api-keys", key)).ok(201)
    tracked = {"events": [{"name": "clicked", "user_id": zed.user["id"], "properties": {"name": zed.name}}]}
    (await zed.call("POST", "/v1/events", tracked)).ok(202)
    (await root.call("GET", f"/admin/v1/customers?query={zed.email}")).ok()
    names = (zed.name, zed.email)
    assert "analytics.analytics_events.properties" in await spread(platform, *names)

    exported = (await zed.call("GET", "/v1/me/export")).ok()
    assert exported["profile"]["email"] == zed.email
    assert {row["action"] for row in exported["activity"]} >= {"member.joined", "invitation.created", "api_key.created"}
    (await zed.call("DELETE", "/v1/me", {"password": PASSWORD, "confirmation": zed.email})).ok(204)

    assert (await zed.call("GET", "/v1/me")).status == 401
    await completed(root, zed.user["id"])
    farewell = await zed.mailbox.next()
    while farewell["subject"] != "Your account was deleted":
        farewell = await zed.mailbox.next(farewell["id"])
    assert f"Your account {zed.email} was deleted" in farewell["text"]
    assert undeclared(await places(platform, *names)) == set()
    for service, line in (("teams", ("activity", "verify")), ("admin", ("audit", "verify"))):
        verified = await asyncio.to_thread(command, platform.stack, service, *line)
        assert verified.returncode == 0, verified.stderr

    zed.access_token = None
    body = {"email": zed.email, "password": PASSWORD, "client": "api"}
    gone = await zed.call("POST", "/v1/auth/login", body)
    unknown = await zed.call("POST", "/v1/auth/login", body | {"email": "nobody@example.com"})
    assert (gone.status, gone.body["code"], gone.body["detail"]) == (401, unknown.body["code"], unknown.body["detail"])
    told = (await ada.call("GET", "/v1/notifications")).ok()["items"]
    assert any(one["title"].startswith("A member left") for one in told)
    again = await person(zed.name).register(organization_name="A New Life", email=zed.email)
    assert again.user["id"] != zed.user["id"]


async def test_of_a_purged_organization_nothing_is_left_anywhere(platform, person, root) -> None:
    name = f"Hephaistos Forge {uuid4().hex[:8]}"
    vera = await person("Vera Rubin").register(organization_name=name)
    colleague = person("Joan Clarke")
    await vera.invite(colleague)
    await colleague.join()
    tracked = {"events": [{"name": "clicked", "properties": {"where": name}}]}
    (await vera.call("POST", "/v1/events", tracked)).ok(202)
    (await root.call("GET", f"/admin/v1/customers?query={name}")).ok()
    before = await spread(platform, name)
    assert "analytics.analytics_events.properties" in before
    assert "billing.accounts.name" in before
    organization = vera.organization["id"]
    (await vera.call("DELETE", "/v1/organization", {"confirmation": name})).ok()
    await purge(platform, organization)
    await completed(root, organization)
    assert undeclared(await places(platform, name, organization_slug(name))) == set()
    assert (await colleague.log_in()).organization is None, "people stay"


def organization_slug(name: str) -> str:
    return name.lower().replace(" ", "-")
