"""The operations platform on the running one: it sees customers, repairs dead letters, and keeps its own log."""

import asyncio

import pytest

from chassis.testing import eventually
from tests.integration import staff
from tests.integration.staff import Superadmin
from tests.integration.test_dead_letters import dead, joined, publish

DEAD = "/admin/v1/deadletters"


@pytest.fixture
async def root(platform, http) -> Superadmin:
    return await (await asyncio.to_thread(Superadmin.hired, platform, http)).sign_in()


async def shelf(root: Superadmin, service: str) -> dict:
    answer = (await root.call("GET", DEAD)).ok()
    return next(one for one in answer["services"] if one["service"] == service)


async def test_the_code_of_the_authenticator_opens_once(platform, http) -> None:
    root = await asyncio.to_thread(Superadmin.hired, platform, http)
    body = {"email": root.email, "password": staff.PASSWORD}
    challenge = (await root.call("POST", "/admin/v1/auth/login", body)).ok()["challenge"]
    second = (await root.call("POST", "/admin/v1/auth/login", body)).ok()["challenge"]
    code = root.code()
    signed_in = await root.call("POST", "/admin/v1/auth/totp", {"challenge": challenge, "code": code})
    assert signed_in.ok()["staff"]["role"] == "superadmin"
    cookie = signed_in.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/admin/v1/auth"))
    again = await root.call("POST", "/admin/v1/auth/totp", {"challenge": second, "code": code})
    assert (again.status, again.body["code"]) == (401, "code_refused")


async def test_a_customer_who_registers_is_found_by_name_and_address_with_their_plan(person, root) -> None:
    ada = await person("Ada Lovelace").register(organization_name=f"Engines of {root.email}")
    organization = ada.organization["id"]

    async def there() -> bool:
        answer = await root.call("GET", f"/admin/v1/customers/{organization}")
        return (
            answer.status == 200 and len(answer.body["members"]) == 1 and answer.body["members"][0]["name"] == ada.name
        )

    await eventually(there)
    for text in ("engines of root", ada.email, organization, ada.user["id"]):
        found = (await root.call("GET", f"/admin/v1/customers?limit=100&query={text}")).ok()
        assert organization in [item["id"] for item in found["items"]], text
    page = (await root.call("GET", f"/admin/v1/customers/{organization}")).ok()
    assert {"organization.created", "member.joined"} <= {event["type"] for event in page["events"]}
    assert (await root.call("GET", "/admin/v1/overview")).ok()["customers"] >= 1


async def test_customers_and_staff_never_pass_for_each_other(person, root) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    for path in ("/admin/v1/auth/me", "/admin/v1/customers", DEAD, "/admin/v1/audit", "/admin/v1/staff"):
        answer = await ada.call("GET", path)
        assert (answer.status, answer.body["code"]) == (401, "token_invalid"), path
        (await root.call("GET", path)).ok()
    document = (await root.call("GET", "/openapi.json")).ok()
    reads = [
        path
        for path, item in document["paths"].items()
        if "get" in item and item["get"]["security"] and "{" not in path
    ]
    assert len(reads) >= 5
    for path in reads:
        answer = await root.call("GET", path)
        assert answer.status == 401, (path, answer.status)


async def test_a_staff_token_shown_straight_to_a_service_is_refused_there_too(platform, http, root) -> None:
    paths = {
        "teams": "/v1/me",
        "notifier": "/v1/notifications",
        "analytics": "/v1/analytics/overview",
        "billing": "/v1/billing/subscription",
    }
    for service, path in paths.items():
        headers = {"Authorization": f"Bearer {root.token}"}
        async with http.get(platform.stack.service_url(service) + path, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "token_invalid"), service


async def test_the_public_document_knows_nothing_of_it_and_its_own_is_a_page(root) -> None:
    public, own = (await root.call("GET", "/openapi.json")).ok(), (await root.call("GET", "/admin/openapi.json")).ok()
    assert not [path for path in public["paths"] if path.startswith("/admin")]
    assert own["paths"]
    assert all(path.startswith("/admin/v1/") for path in own["paths"])
    assert not own["components"]["schemas"].keys() & {"MemberAnswer", "NotificationView"}


async def test_a_dead_letter_is_seen_rehearsed_and_given_up_with_everything_put_down(platform, root) -> None:
    event = joined(email=None)
    await publish(platform, event.to_json(), str(event.id))
    found = await dead(platform, str(event.id))
    group = next(one for one in (await shelf(root, "notifier"))["groups"] if one["error_group"] == found["error_group"])
    assert (group["type"], group["state"]) == ("member.joined", "dead")
    shown = (await root.call("GET", f"{DEAD}/notifier/{found['id']}")).ok()
    assert str(event.id) in shown["body"]

    narrowed = {"id": str(found["id"])}
    rehearsed = await root.call("POST", f"{DEAD}/notifier/replay", narrowed | {"dry_run": True})
    assert [report["failed"] for report in rehearsed.ok()["reports"]] == [1]
    refused = await root.call("POST", f"{DEAD}/notifier/discard", narrowed)
    assert refused.status == 422
    given_up = await root.call("POST", f"{DEAD}/notifier/discard", narrowed | {"reason": "a test's own"})
    assert given_up.ok() == {"discarded": 1}
    kept = await platform.query("SELECT reason FROM notifier.discarded_messages WHERE event_id = $1", event.id)
    assert [row["reason"] for row in kept] == ["a test's own"]
    actions = [
        row["action"] for row in (await root.call("GET", "/admin/v1/audit?action=deadletters&limit=6")).ok()["items"]
    ]
    assert actions == [
        "deadletters.discarded",
        "deadletters.discarded.begun",
        "deadletters.rehearsed",
        "deadletters.rehearsed.begun",
        "deadletters.viewed",
        "deadletters.listed",
    ]


async def test_a_mended_cause_and_a_replay_bring_the_effect(platform, root) -> None:
    """A handler that failed because of the database: once that is right again the same message takes effect."""
    event = joined()
    await platform.query("ALTER TABLE admin.customer_members ADD CONSTRAINT planted CHECK (false) NOT VALID")
    try:
        await publish(platform, event.to_json(), str(event.id))

        async def put_aside() -> bool:
            return bool(await platform.query("SELECT FROM admin.failed_messages WHERE event_id = $1", event.id))

        await eventually(put_aside)
        await platform.query(
            "UPDATE admin.failed_messages SET state = 'dead', next_try_at = NULL WHERE event_id = $1", event.id
        )
    finally:
        await platform.query("ALTER TABLE admin.customer_members DROP CONSTRAINT planted")
    (failed,) = await platform.query("SELECT id FROM admin.failed_messages WHERE event_id = $1", event.id)
    narrowed, kept = (
        {"id": str(failed["id"])},
        "SELECT FROM admin.customer_members WHERE membership_id = $1::text::uuid",
    )
    rehearsed = await root.call("POST", f"{DEAD}/admin/replay", narrowed | {"dry_run": True})
    assert [report["succeeded"] for report in rehearsed.ok()["reports"]] == [1]
    assert not await platform.query(kept, event.data["membership_id"])
    (await root.call("POST", f"{DEAD}/admin/replay", narrowed | {"dry_run": False, "reason": "mended"})).ok()
    assert await platform.query(kept, event.data["membership_id"])


async def test_a_worker_that_is_away_is_named_and_the_others_are_seen(platform, root) -> None:
    await asyncio.to_thread(platform.stop, "notifier-work")
    try:
        answer = (await root.call("GET", DEAD)).ok()
        available = {one["service"]: one["available"] for one in answer["services"]}
        assert available.pop("notifier") is False
        assert all(available.values()), available
        assert {"teams", "admin"} <= available.keys()
        replay = await root.call("POST", f"{DEAD}/notifier/replay", {"dry_run": True})
        assert (replay.status, replay.body["code"]) == (503, "service_unavailable")
    finally:
        await asyncio.to_thread(platform.start, "notifier-work")
    assert (await shelf(root, "notifier"))["available"]


async def test_the_log_is_whole_until_the_superuser_of_the_database_touches_it(platform, root) -> None:
    for _ in range(3):
        (await root.call("GET", "/admin/v1/staff")).ok()
    assert (await root.call("GET", "/admin/v1/audit/verification")).ok()["whole"]
    (row,) = await platform.query(
        "SELECT id, number, target FROM admin.admin_audit_logs WHERE action = 'staff.listed' ORDER BY id DESC LIMIT 1"
    )
    change = "UPDATE admin.admin_audit_logs SET target = $2 WHERE id = $1"
    await platform.query(change, row["id"], "organization:another")
    try:
        ended = await asyncio.to_thread(staff.command, platform, "audit", "verify")
        assert ended.returncode == 1
        assert f"row {row['number']} ({row['id']}): it was changed" in ended.stderr
        assert not (await root.call("GET", "/admin/v1/audit/verification")).ok()["whole"]
    finally:
        await platform.query(change, row["id"], row["target"])
    ended = await asyncio.to_thread(staff.command, platform, "audit", "verify")
    assert ended.stdout.startswith("whole: "), ended.stderr
