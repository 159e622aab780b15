"""What happened through the front door is what the overview counts."""

from uuid import uuid4

from chassis.testing import eventually
from tests.integration.platform import command

OVERVIEW = "/v1/analytics/overview"
INTEGRITY = "/v1/analytics/integrity"


async def overview_of(someone, **totals: int):
    """The overview once these totals are reached; they must never be passed."""
    found = {}

    async def reached() -> bool:
        nonlocal found
        found = (await someone.call("GET", OVERVIEW)).ok()
        for name, wanted in totals.items():
            assert found["totals"][name]["value"] <= wanted, (name, found["totals"])
        return all(found["totals"][name]["value"] == wanted for name, wanted in totals.items())

    await eventually(reached)
    return found


async def test_the_story_is_counted_exactly(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace, joan = person("Grace Hopper"), person("Joan Clarke")
    await ada.invite(grace, role="admin")
    await ada.invite(joan)
    await grace.join()
    await joan.join()
    (await ada.call("DELETE", f"/v1/members/{joan.user['id']}")).ok(204)
    found = await overview_of(
        ada,
        members_joined=3,
        members_removed=1,
        invitations_sent=2,
        invitations_accepted=2,
        sign_ups=3,
        active_users=3,
    )
    assert found["days"][-1]["members_joined"] == 3
    assert found["days"][-1]["settling"] is True
    assert {"source": "domain", "name": "member.joined", "count": 3, "previous": 0} in found["top_events"]
    assert (await ada.call("GET", INTEGRITY)).ok()["consistent"] is True


async def test_another_organization_sees_none_of_it(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    eve = await person("Eve").register(organization_name="Elsewhere")
    await overview_of(ada, members_joined=1)
    await overview_of(eve, members_joined=1)
    await ada.invite(person("Grace Hopper"))
    await overview_of(ada, invitations_sent=1)
    await overview_of(eve, invitations_sent=0)


async def test_tracked_events_are_counted_once_and_at_once(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    events = [{"id": str(uuid4()), "name": "report.opened", "user_id": f"user-{i % 5}"} for i in range(100)]
    body = {"events": [*events, {"name": ""}]}
    first = (await ada.call("POST", "/v1/events", body)).ok(202)
    assert (first["accepted"], first["duplicates"]) == (100, 0)
    assert [(one["pointer"], one["code"]) for one in first["rejected"]] == [("/events/100/name", "name_invalid")]
    again = (await ada.call("POST", "/v1/events", {"events": events})).ok(202)
    assert again == {"accepted": 0, "duplicates": 100, "rejected": []}
    found = (await ada.call("GET", OVERVIEW)).ok()
    assert {"source": "tracked", "name": "report.opened", "count": 100, "previous": 0} in found["top_events"]
    sums = (await ada.call("GET", INTEGRITY)).ok()
    assert (sums["consistent"], sums["duplicates"], sums["quarantined"]) == (True, 100, 1)


async def test_a_batch_as_large_as_is_promised_passes_the_front_door(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    large = [{"id": str(uuid4()), "name": "report.opened", "properties": {"text": "x" * 3900}} for _ in range(1000)]
    assert (await ada.call("POST", "/v1/events", {"events": large})).ok(202)["accepted"] == 1000
    larger = [{**one, "id": str(uuid4()), "user_id": "u" * 128, "properties": {"a": "x" * 4096}} for one in large]
    refused = await ada.call("POST", "/v1/events", {"events": larger})
    assert (refused.status, refused.body["code"]) == (413, "body_too_large")
    assert str(4 * 1024 * 1024) in refused.body["detail"]


async def test_every_count_of_the_platform_is_right(platform) -> None:
    result = command(platform.stack, "analytics", "verify")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 with wrong counts" in result.stdout
