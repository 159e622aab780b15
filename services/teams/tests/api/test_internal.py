import asyncio

from chassis.internal import InternalSigner
from chassis.keys import SigningKey


async def revocations(teams) -> list[dict]:
    answer = await teams.call("GET", "/internal/v1/revocations", token=teams.internal_token())
    assert answer.status == 200
    return list(answer.body["items"])


async def active(teams, token: str) -> bool:
    answer = await teams.call("POST", "/internal/v1/tokens/check", {"token": token}, token=teams.internal_token())
    assert answer.status == 200
    return bool(answer.body["active"])


async def test_what_was_revoked_of_every_kind_and_for_eleven_minutes(teams, shift) -> None:
    ada = await teams.register()
    bob, eve = await teams.add_member(ada), await teams.add_member(ada)
    await teams.call("DELETE", f"/v1/members/{bob.user_id}", token=ada.token)
    await teams.call("PATCH", f"/v1/members/{eve.user_id}", {"role": "admin"}, token=ada.token, If_Match='"1"')
    await teams.call("POST", "/v1/auth/logout", {"refresh_token": ada.refresh_token})
    items = await revocations(teams)
    memberships = {(i["user_id"], i["org_id"]) for i in items if i["kind"] == "membership"}
    assert {(str(bob.user_id), str(ada.org_id)), (str(eve.user_id), str(ada.org_id))} <= memberships
    sessions = [i for i in items if i["kind"] == "session"]
    assert str(ada.user_id) in {i["user_id"] for i in sessions}
    events = {e["type"]: e["data"] for e in await teams.events()}
    by_user = {i["user_id"]: i["not_before"] for i in items}
    assert by_user[str(bob.user_id)] == events["member.removed"]["removed_at"]
    assert by_user[str(eve.user_id)] == events["member.role_changed"]["changed_at"]
    shift(minutes=10, seconds=50)
    assert len(await revocations(teams)) == len(items)
    shift(minutes=1)
    assert await revocations(teams) == []


async def test_whether_a_token_holds(teams, shift) -> None:
    ada = await teams.register()
    bob, eve = await teams.add_member(ada), await teams.add_member(ada)
    assert [await active(teams, person.token) for person in (ada, bob, eve)] == [True, True, True]
    await teams.call("DELETE", f"/v1/members/{bob.user_id}", token=ada.token)
    await teams.call("PATCH", f"/v1/members/{eve.user_id}", {"role": "admin"}, token=ada.token, If_Match='"1"')
    assert [await active(teams, person.token) for person in (ada, bob, eve)] == [True, False, False]
    await teams.call("POST", "/v1/auth/logout", {"refresh_token": ada.refresh_token})
    assert not await active(teams, ada.token)
    fresh = await teams.register()
    shift(minutes=11)
    for token in (fresh.token, "nonsense", "", teams.internal_token()):
        assert not await active(teams, token)


async def test_a_role_changed_forth_and_back_does_not_revive_old_tokens(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    for version, role in ((1, "admin"), (2, "member")):
        path = f"/v1/members/{bob.user_id}"
        await teams.call("PATCH", path, {"role": role}, token=ada.token, If_Match=f'"{version}"')
    assert not await active(teams, bob.token)
    assert (await teams.call("GET", "/v1/me", token=bob.token)).code == "token_revoked"


async def test_only_trusted_services_ask(teams) -> None:
    stranger = InternalSigner("notifier", SigningKey.generate().private_text, teams.clock)
    wrong_name = InternalSigner("gateway", teams.internal_key.private_text, teams.clock)
    wrong_target = InternalSigner("notifier", teams.internal_key.private_text, teams.clock)
    tokens = [stranger.token("teams"), wrong_name.token("teams"), wrong_target.token("billing"), "x"]
    for token in tokens:
        assert (await teams.call("GET", "/internal/v1/revocations", token=token)).status == 401
        answer = await teams.call("POST", "/internal/v1/tokens/check", {"token": "x"}, token=token)
        assert answer.status == 401


async def test_while_postgres_is_away_a_request_is_told_to_come_back_and_nothing_else(teams, engines) -> None:
    ada = await teams.register()
    await asyncio.to_thread(engines.postgres.stop)
    try:
        answer = await teams.call("GET", "/v1/me", token=ada.token)
    finally:
        await asyncio.to_thread(engines.postgres.start)
    assert (answer.status, answer.code) == (503, "authentication_unavailable")
    assert answer.headers["Retry-After"]
    assert (await teams.call("GET", "/v1/me", token=ada.token)).status == 200
