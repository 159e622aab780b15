"""Handing over, leaving, deletion, restoration, suspension: who may, what stops at once, what comes back."""

import asyncio
from uuid import uuid4

import pytest

from chassis.database import Context
from contracts.api_keys import hash_api_key
from teams.usecases.verify_activity import verify_activity

ORGANIZATION = "/v1/organization"


async def delete(teams, person, confirmation=None):
    name = confirmation or person.body["organization"]["name"]
    return await teams.call("DELETE", ORGANIZATION, {"confirmation": name}, token=person.token)


async def me(teams, person):
    return await teams.call("GET", "/v1/me", token=person.token)


async def staff(teams, person, command, service="admin", **body):
    path = f"/internal/v1/organizations/{person.org_id}/{command}"
    return await teams.call("POST", path, {"staff_id": str(uuid4())} | body, token=teams.internal_token(service))


async def test_deletion_stops_everybody_at_once_and_restoration_brings_it_back(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    answer = await delete(teams, ada)
    assert answer.status == 200, answer.body
    assert answer.body["restorable_until"] > answer.body["deleted_at"]
    for person in (ada, bob):
        assert (await me(teams, person)).code == "token_revoked"
        refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": person.refresh_token})
        assert (refreshed.status, refreshed.body["organization"]) == (200, None)
        person.token = refreshed.body["access_token"]
        assert (await me(teams, person)).body["organizations"] == []
        switched = {"organization_id": str(person.org_id)}
        assert (await teams.call("POST", "/v1/auth/switch-organization", switched, token=person.token)).status == 404
    found = (await teams.call("GET", "/v1/organizations/deleted", token=ada.token)).body["items"]
    assert [(one["id"], one["role"]) for one in found] == [(str(ada.org_id), "owner")]
    path = f"/v1/organizations/{ada.org_id}/restore"
    assert (await teams.call("POST", path, token=bob.token)).code == "owner_required"
    assert (await teams.call("POST", path, token=(await teams.register()).token)).status == 404
    assert (await teams.call("POST", path, token=ada.token)).status == 200
    assert (await teams.call("POST", path, token=ada.token)).code == "not_deleted"
    back = await teams.call(
        "POST", "/v1/auth/switch-organization", {"organization_id": str(bob.org_id)}, token=bob.token
    )
    assert back.body["organization"]["role"] == "member"
    assert (await teams.event_types(ada.org_id))[-2:] == ["organization.deleted", "organization.restored"]
    actions = [row["action"] for row in await teams.activity(ada.org_id)]
    assert actions[-2:] == ["organization.deleted", "organization.restored"]


async def test_only_an_owner_deletes_and_only_what_they_named(teams) -> None:
    ada = await teams.register(organization_name="Engines of Ada")
    boss = await teams.add_member(ada, "admin")
    assert (await delete(teams, boss, "Engines of Ada")).code == "owner_required"
    wrong = await delete(teams, ada, "Engines")
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "/confirmation")
    assert (await delete(teams, ada, ada.body["organization"]["slug"])).status == 200


async def test_an_invitation_to_a_deleted_organization_leads_nowhere(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    await teams.invite(ada, email)
    await delete(teams, ada)
    body = {"email": email, "password": teams.password, "name": "Bob", "client": "api"}
    answer = await teams.call("POST", "/v1/auth/register", body | {"invitation_token": await teams.link_token(email)})
    assert (answer.status, answer.code) == (410, "organization_deleted")


async def test_after_thirty_days_it_is_erased_and_its_chain_is_whole(teams, shift) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.invite(ada, teams.new_email())
    await delete(teams, ada)
    shift(days=29)
    await teams.run_jobs()
    assert "organization.purged" not in await teams.event_types(ada.org_id)
    shift(days=2)
    ada = await teams.log_in(ada)
    late = await teams.call("POST", f"/v1/organizations/{bob.org_id}/restore", token=ada.token)
    assert late.code == "restore_too_late"
    await teams.run_jobs()
    await teams.run_jobs()
    types = await teams.event_types(bob.org_id)
    assert types.count("organization.purged") == 1
    assert types.count("member.removed") == 2
    assert await teams.admin.fetchval("SELECT name FROM organizations WHERE id = $1", bob.org_id) == ""
    assert await teams.admin.fetchval("SELECT count(*) FROM team_invitations WHERE org_id = $1", bob.org_id) == 0
    rows = await teams.activity(bob.org_id)
    assert {row["number"] for row in rows if row["details"] is None} == set(range(1, 7))
    assert rows[-1]["action"] == "activity.erased"
    async with teams.worker.transaction(Context("system:teams")) as tx:
        verdict = await verify_activity(tx, teams.settings.seal(), bob.org_id)
    assert (verdict.broken, verdict.erased) == (None, 6)
    assert (await teams.call("GET", "/v1/organizations/deleted", token=ada.token)).body["items"] == []


async def test_ownership_is_handed_over_with_the_password(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    path = f"{ORGANIZATION}/transfer-ownership"
    body = {"user_id": str(bob.user_id), "password": teams.password}
    guess = body | {"password": "a wrong guess"}
    wrong = await teams.call("POST", path, guess, token=ada.token, Idempotency_Key="guess")
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "/password")
    assert (await teams.call("POST", path, body | {"user_id": str(uuid4())}, token=ada.token)).status == 404
    assert (
        await teams.call("POST", path, body | {"user_id": str(ada.user_id)}, token=ada.token)
    ).code == "already_owner"
    answer = await teams.call("POST", path, body, token=ada.token, Idempotency_Key="hand over")
    assert (answer.status, answer.body["role"]) == (200, "owner")
    assert (await me(teams, ada)).code == "token_revoked"
    ada, bob = await teams.log_in(ada), await teams.log_in(bob)
    assert (ada.body["organization"]["role"], bob.body["organization"]["role"]) == ("admin", "owner")
    assert (await teams.call("POST", path, body, token=ada.token)).code == "owner_required"
    assert (await teams.activity(bob.org_id))[-1]["action"] == "organization.transferred"


async def test_two_owners_handing_over_to_each_other_leave_an_owner(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada, "owner")
    path = f"{ORGANIZATION}/transfer-ownership"
    answers = await asyncio.gather(
        *(
            teams.call("POST", path, {"user_id": str(b.user_id), "password": teams.password}, token=a.token)
            for a, b in ((ada, bob), (bob, ada))
        )
    )
    assert 200 in {answer.status for answer in answers}
    owners = await teams.admin.fetchval(
        "SELECT count(*) FROM memberships WHERE org_id = $1 AND role = 'owner' AND state = 'active'", ada.org_id
    )
    assert owners == 1


async def test_leaving(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert (await teams.call("POST", f"{ORGANIZATION}/leave", token=bob.token)).status == 204
    assert (await me(teams, bob)).code == "token_revoked"
    last = await teams.call("POST", f"{ORGANIZATION}/leave", token=ada.token)
    assert (last.status, last.code) == (409, "last_owner")


async def test_a_suspended_organization_reads_its_bills_and_takes_its_data_along(teams) -> None:
    ada = await teams.register()
    assert (await staff(teams, ada, "suspend", reason="dispute", service="notifier")).code == "service_refused"
    answer = await staff(teams, ada, "suspend", reason="dispute")
    assert (answer.status, answer.body["reason"]) == (200, "dispute")
    assert (await staff(teams, ada, "suspend", reason="again")).body["reason"] == "dispute"
    assert (await me(teams, ada)).code == "token_revoked"
    ada = await teams.log_in(ada)
    for method, path, body in (
        ("GET", "/v1/members", None),
        ("POST", "/v1/invitations", {"email": teams.new_email()}),
        ("PATCH", ORGANIZATION, {"name": "x"}),
        ("DELETE", f"/v1/members/{uuid4()}", None),
    ):
        refused = await teams.call(method, path, body, token=ada.token, If_Match='"1"')
        assert (refused.status, refused.code) == (403, "organization_suspended"), path
    for path in ("/v1/me", "/v1/organizations", ORGANIZATION, "/v1/activity?format=csv"):
        async with teams.http.get(teams.url + path, headers={"Authorization": f"Bearer {ada.token}"}) as read:
            assert read.status == 200, path
    assert (await staff(teams, ada, "reactivate")).body["suspended_at"] is None
    assert (await me(teams, ada)).code == "token_revoked"
    ada = await teams.log_in(ada)
    assert (await teams.call("GET", "/v1/members", token=ada.token)).status == 200
    events = await teams.events(about=ada.org_id)
    assert [e["type"] for e in events][-2:] == ["organization.suspended", "organization.reactivated"]
    assert events[-1]["actor"].startswith("admin:")
    assert (await teams.activity(ada.org_id))[-1]["actor"].startswith("admin:")


async def test_nobody_suspends_what_is_not_there(teams) -> None:
    path = f"/internal/v1/organizations/{uuid4()}/suspend"
    body = {"staff_id": str(uuid4()), "reason": "x"}
    assert (await teams.call("POST", path, body, token=teams.internal_token("admin"))).status == 404


async def test_another_slug(teams) -> None:
    ada, eve = await teams.register(), await teams.register()

    async def change(person, slug, version=1):
        body = {"slug": slug}
        return await teams.call("PATCH", ORGANIZATION, body, token=person.token, If_Match=f'"{version}"')

    assert (await change(ada, "engines-of-ada")).body["slug"] == "engines-of-ada"
    taken = await change(eve, "engines-of-ada")
    assert (taken.status, taken.code) == (409, "slug_taken")
    assert (await change(eve, "looms")).status == 200
    details = (await teams.activity(ada.org_id))[-1]["details"]
    assert details["after"] == {"slug": "engines-of-ada"}


@pytest.mark.parametrize("slug", ["ab", "A-B-C", "-ab", "ab-", "a--b", "ä-b-c", "a" * 50, "admin", "a b c", ""])
async def test_no_slug(teams, slug) -> None:
    ada = await teams.register()
    answer = await teams.call("PATCH", ORGANIZATION, {"slug": slug}, token=ada.token, If_Match='"1"')
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/slug")


async def test_a_key_of_a_suspended_or_deleted_organization(teams) -> None:
    """Its token says that the organization is suspended; of a deleted one there is none."""
    ada = await teams.register()
    scope = {"name": "Import", "permissions": ["members:read"]}
    key = (await teams.call("POST", "/v1/api-keys", scope, token=ada.token)).body["secret"]
    assert (await staff(teams, ada, "suspend", reason="dispute")).status == 200
    answer = await teams.call("GET", "/v1/members", token=await token_of_key(teams, key))
    assert (answer.status, answer.code) == (403, "organization_suspended")
    assert (await staff(teams, ada, "reactivate")).status == 200
    token = await token_of_key(teams, key)
    assert (await teams.call("GET", "/v1/members", token=token)).status == 200
    await teams.admin.execute(
        "UPDATE organization_standings SET deleted_at = $2 WHERE org_id = $1", ada.org_id, teams.clock.now()
    )
    assert await token_of_key(teams, key) is None


async def token_of_key(teams, key: str) -> str | None:
    body = {"hash": hash_api_key(key).hex()}
    answer = await teams.call("POST", "/internal/v1/api-keys/exchange", body, token=teams.internal_token())
    return answer.body["access_token"]
