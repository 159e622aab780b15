import asyncio
import base64
import json
from datetime import datetime

from chassis.database import Context
from teams.tokens import AccessTokens
from teams.usecases.refresh_session import refresh_session

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def somebody_waits_for_a_lock(teams) -> None:
    async with asyncio.timeout(10):
        while not await teams.admin.fetchval(WAITING):
            pass


async def test_a_role_change_waits_for_a_token_being_minted_and_then_refuses_it(teams) -> None:
    """Else a token could carry the old role and a time after the change: nobody would refuse it for ten minutes."""
    ada = await teams.register()
    bob = await teams.add_member(ada)
    tokens = AccessTokens(teams.settings.keys)
    async with teams.api.transaction(Context("system:teams")) as tx:
        signed_in = await refresh_session(tx, tokens, bob.refresh_token)
        assert signed_in is not None
        path = f"/v1/members/{bob.user_id}"
        change = asyncio.create_task(teams.call("PATCH", path, {"role": "viewer"}, token=ada.token, If_Match='"1"'))
        await somebody_waits_for_a_lock(teams)
        assert not change.done()
    assert (await change).status == 200
    answer = await teams.call("GET", "/v1/me", token=signed_in.access_token)
    assert (answer.status, answer.code) == (401, "token_revoked")


async def test_a_role_change_that_began_before_a_token_and_was_decided_after_it_refuses_it(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    async with teams.worker.transaction(Context("system:teams")) as tx:
        await tx.fetch("SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE", ada.org_id)
        path = f"/v1/members/{bob.user_id}"
        change = asyncio.create_task(teams.call("DELETE", path, token=ada.token))
        await somebody_waits_for_a_lock(teams)
        refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
        token = refreshed.body["access_token"]
        assert (await teams.call("GET", "/v1/organization", token=token)).status == 200
    assert (await change).status == 204
    removed = (await teams.events(about=ada.org_id))[-1]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iat"] < datetime.fromisoformat(removed["data"]["removed_at"]).timestamp()


async def test_a_token_minted_after_waiting_for_a_removal_leads_elsewhere(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    own = (await teams.call("POST", "/v1/organizations", {"name": "Bob's"}, token=bob.token)).body
    async with teams.worker.transaction(Context("system:teams")) as tx:
        await tx.fetch("SELECT 1 FROM memberships WHERE user_id = $1 FOR UPDATE", bob.user_id)
        refreshing = asyncio.create_task(teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token}))
        await somebody_waits_for_a_lock(teams)
        await tx.execute(
            "UPDATE memberships SET state = 'removed', tokens_not_before = now() WHERE user_id = $1 AND org_id = $2",
            bob.user_id,
            ada.org_id,
        )
    assert (await refreshing).body["organization"]["id"] == own["id"]
