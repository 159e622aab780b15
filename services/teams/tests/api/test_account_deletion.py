"""DELETE /v1/me: what it asks for, what ends with it, and that nothing of the person is left."""

import asyncio

import asyncpg
import pytest

from chassis.backfill import states
from chassis.database import Context
from contracts.envelope import Envelope
from teams.snapshots import SNAPSHOTS
from teams.usecases.verify_activity import verify_activity

TEXTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'teams'"
    " AND data_type IN ('text', 'json', 'jsonb', 'ARRAY', 'tsvector')"
)


async def delete(teams, person, token=None, **changes):
    body = {"password": teams.password, "confirmation": person.email} | changes
    return await teams.call("DELETE", "/v1/me", body, token=token or person.token)


async def found(teams, *texts: str) -> list[str]:
    """Every column of every table that holds one of the texts."""
    places = []
    for table, column in await teams.admin.fetch(TEXTS):
        for text in texts:
            sql = f'SELECT EXISTS (SELECT FROM "{table}" WHERE strpos(lower("{column}"::text), lower($1)) > 0)'
            if await teams.admin.fetchval(sql, text):
                places.append(f"{table}.{column}")
    return places


async def a_member(teams, name="Zebulon Quatermain"):
    ada = await teams.register()
    email = teams.new_email()
    await teams.invite(ada, email, "admin")
    return ada, await teams.register(email, invitation_token=await teams.link_token(email), name=name)


async def test_it_asks_for_the_password_and_the_address_typed(teams) -> None:
    _, bob = await a_member(teams)
    wrong = await delete(teams, bob, password="not the password at all")
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "password_wrong")
    wrong = await delete(teams, bob, confirmation="somebody@example.com")
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "/confirmation")
    assert (await teams.call("GET", "/v1/me", token=bob.token)).status == 200
    assert (await delete(teams, bob, confirmation=f" {bob.email.upper()} ")).status == 204


async def test_with_two_step_sign_in_it_asks_for_a_code_too(teams) -> None:
    _, bob = await a_member(teams)
    secret, _ = await teams.enable_mfa(bob)
    for code in (None, "000000"):
        refused = await delete(teams, bob, **({"code": code} if code else {}))
        assert (refused.status, refused.body["errors"][0]["code"]) == (422, "code_wrong")
    assert (await delete(teams, bob, code=teams.code(secret))).status == 204


async def test_the_only_owner_of_an_organization_stays_until_it_has_another(teams) -> None:
    ada, bob = await a_member(teams)
    name = ada.body["organization"]["name"]
    refused = await delete(teams, ada)
    assert (refused.status, refused.code) == (409, "last_owner")
    assert name in refused.body["detail"]
    assert (await teams.call("GET", "/v1/members", token=ada.token)).status == 200, "nothing has ended"
    body = {"user_id": str(bob.user_id), "password": teams.password}
    assert (await teams.call("POST", "/v1/organization/transfer-ownership", body, token=ada.token)).status == 200
    ada = await teams.log_in(ada)
    assert (await delete(teams, ada)).status == 204
    bob = await teams.log_in(bob)
    refused = await delete(teams, bob)
    assert (refused.status, refused.code) == (409, "last_owner")
    await teams.call("DELETE", "/v1/organization", {"confirmation": name}, token=bob.token)
    assert (await delete(teams, await teams.log_in(bob))).status == 204


async def test_two_owners_who_leave_at_once_leave_one(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada, "owner")
    answers = await asyncio.gather(delete(teams, ada), delete(teams, bob))
    assert sorted(answer.status for answer in answers) == [204, 409]


async def test_every_way_in_is_shut_and_the_address_is_free(teams) -> None:
    ada, bob = await a_member(teams)
    second = await teams.log_in(bob)
    scope = {"name": "Quatermain's import", "permissions": ["members:read"]}
    key = await teams.call("POST", "/v1/api-keys", scope, token=bob.token)
    assert key.status == 201, key.body
    answer = await delete(teams, bob)
    assert (answer.status, answer.cookies["refresh_token"].value) == (204, "")
    for person in (bob, second):
        assert (await teams.call("GET", "/v1/me", token=person.token)).status == 401
        body = {"refresh_token": person.refresh_token}
        assert (await teams.call("POST", "/v1/auth/refresh", body)).status == 401
    body = {"email": bob.email, "password": teams.password, "client": "api"}
    gone = await teams.call("POST", "/v1/auth/login", body)
    unknown = await teams.call("POST", "/v1/auth/login", body | {"email": teams.new_email()})
    assert (gone.status, gone.code, gone.body["detail"]) == (401, unknown.code, unknown.body["detail"])
    for typed in (f"deleted-{bob.user_id}", ""):
        assert (await teams.call("POST", "/v1/auth/login", body | {"email": typed})).status in (401, 422)
    members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert [member["user_id"] for member in members] == [str(ada.user_id)]
    assert (await teams.call("GET", "/v1/api-keys", token=ada.token)).body["items"] == []
    again = await teams.register(bob.email)
    assert again.user_id != bob.user_id
    await teams.run_jobs()
    assert (await teams.call("GET", "/v1/me", token=again.token)).body["user"]["email"] == bob.email


async def test_a_mail_to_the_address_they_had_confirms_it_once(teams) -> None:
    """Stated in the deletion's own transaction: no mail without the end, no end without the mail."""
    ada, bob = await a_member(teams)
    await delete(teams, bob, password="not the password at all")
    await delete(teams, bob, confirmation="somebody@example.com")
    await delete(teams, ada)
    assert await teams.farewells(bob.email) == await teams.farewells(ada.email) == []
    answers = await asyncio.gather(delete(teams, bob), delete(teams, bob))
    assert 204 in [answer.status for answer in answers]
    await teams.run_jobs()
    (told,) = await teams.farewells(bob.email)
    (deleted,) = [one for one in await teams.events(about=bob.user_id) if one["type"] == "user.deleted"]
    assert (told["name"], told["deleted_at"]) == ("Zebulon Quatermain", deleted["data"]["deleted_at"])
    (row,) = await teams.admin.fetch(
        "SELECT * FROM outbox WHERE type = 'farewell_email.send' ORDER BY position DESC LIMIT 1"
    )
    assert row["purge"], "its row goes with the broker's confirm"
    assert bob.email.encode() not in row["body"]


async def test_what_is_stated_of_it_names_nobody(teams) -> None:
    ada, bob = await a_member(teams)
    assert (await delete(teams, bob)).status == 204
    await teams.run_jobs()
    said = await teams.events(about=bob.user_id)
    assert [event["type"] for event in said][-2:] == ["user.deleted", "data.erased"]
    deleted, erased = said[-2:]
    assert set(deleted["data"]) == {"user_id", "deleted_at"}
    assert deleted["sequence"] > max(event["sequence"] for event in said[:-2])
    assert (erased["data"]["service"], erased["data"]["subject_kind"]) == ("teams", "user")
    left = next(event for event in await teams.events(about=ada.org_id) if event["type"] == "member.removed")
    assert (left["data"]["name"], left["data"]["email"], left["data"]["user_id"]) == ("", "", str(bob.user_id))


async def test_nothing_of_the_person_is_left_in_any_table_and_the_log_is_whole(teams) -> None:
    """Also under an address they had before, in an organization they left, and in one that invited them in vain."""
    ada, bob = await a_member(teams)
    eve = await teams.register()
    await teams.invite(eve, bob.email)
    await teams.call("PATCH", "/v1/me", {"name": "Zebulon Q"}, token=bob.token)
    await teams.call("POST", "/v1/invitations", {"email": teams.new_email(), "role": "member"}, token=bob.token)
    headers = {"Idempotency-Key": "again-and-again-1"}
    await teams.call("PATCH", "/v1/me", {"locale": "fr"}, token=bob.token, **headers)
    await teams.call("POST", "/v1/auth/forgot-password", {"email": bob.email})
    former = bob.email
    await teams.admin.execute("UPDATE users SET email = 'zebulon.q@example.net' WHERE id = $1", bob.user_id)
    bob.email = "zebulon.q@example.net"
    names = ("Quatermain", "Zebulon", former, bob.email)
    assert {"users.name", "activity_details.details", "team_invitations.email"} <= set(await found(teams, *names))
    assert (await delete(teams, bob)).status == 204
    await teams.run_jobs()
    await teams.run_jobs()
    assert await found(teams, *names) == []
    for org_id in (ada.org_id, eve.org_id):
        async with teams.worker.transaction(Context("system:teams")) as tx:
            verdict = await verify_activity(tx, teams.settings.seal(), org_id)
        assert verdict.broken is None
        assert verdict.erased >= 1
    log = await teams.activity(ada.org_id)
    assert (log[-1]["action"], log[-1]["subject_id"]) == ("activity.erased", str(bob.user_id))
    told = [event for event in await teams.events(about=eve.org_id) if event["type"] == "invitation.revoked"]
    assert [event["data"]["email"] for event in told] == [""]


async def test_details_that_nobody_erased_still_show(teams) -> None:
    """An erasure covers the rows it names, not whatever else is missing."""
    ada, bob = await a_member(teams)
    assert (await delete(teams, bob)).status == 204
    await teams.run_jobs()
    await teams.admin.execute("DELETE FROM activity_details WHERE org_id = $1 AND number = 1", ada.org_id)
    async with teams.worker.transaction(Context("system:teams")) as tx:
        verdict = await verify_activity(tx, teams.settings.seal(), ada.org_id)
    assert verdict.broken is not None
    assert verdict.broken.number == 1


async def test_the_snapshot_of_somebody_who_is_gone_says_so(teams) -> None:
    _, bob = await a_member(teams)
    assert (await delete(teams, bob)).status == 204
    types = set().union(*(aggregate.types for aggregate in SNAPSHOTS))
    sent = [
        Envelope.model_validate_json(parcel.body)
        async for batch in states(teams.worker, SNAPSHOTS, types, batch=50)
        for parcel in batch
    ]
    assert [one.type for one in sent if one.subject == str(bob.user_id)] == ["user.deleted"]
    assert [one.data["name"] for one in sent if one.data.get("user_id") == str(bob.user_id) and "name" in one.data] == [
        ""
    ]


@pytest.mark.parametrize("statement", ["SELECT user_id FROM pending_erasures", "DELETE FROM pending_erasures"])
async def test_the_api_role_only_asks(teams, statement) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with teams.api.transaction(Context("system:teams")) as tx:
            await tx.execute(statement)
