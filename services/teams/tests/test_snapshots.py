"""A snapshot says what the newest event of each aggregate said."""

from uuid import UUID

from chassis.backfill import count_states, states
from contracts.envelope import Envelope
from teams.snapshots import SNAPSHOTS

CREDITS = {"changed_by", "changed_at"}
"""What `member.role_changed` says beyond the membership's state."""

BORROWED = {"name", "email"}
"""What a membership's event shows of the person: as they are called now, whatever the membership's sequence."""

REVOKES = {"tokens_not_before"}
"""What `organization.updated` refuses once, when it happens; a state that is sent again refuses nothing."""

TYPES = set().union(*(aggregate.types for aggregate in SNAPSHOTS))


async def snapshot(teams, batch: int = 3) -> list[Envelope]:
    batches = states(teams.worker, SNAPSHOTS, TYPES, batch=batch)
    return [Envelope.model_validate_json(parcel.body) async for batch in batches for parcel in batch]


async def story(teams) -> None:
    """Everything that can become of a person, an organization, an invitation and a membership."""
    ada = await teams.register()
    await teams.call("PATCH", "/v1/me", {"name": "Ada King"}, token=ada.token)
    joined = []
    for _ in range(3):
        email = teams.new_email()
        await teams.invite(ada, email)
        joined.append(await teams.register(email, invitation_token=await teams.link_token(email)))
    stays, promoted, leaves = joined
    members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    version = {UUID(member["user_id"]): member["version"] for member in members}
    path = f"/v1/members/{promoted.user_id}"
    match = f'"{version[promoted.user_id]}"'
    changed = await teams.call("PATCH", path, {"role": "admin"}, token=ada.token, If_Match=match)
    assert changed.status == 200, changed.body
    assert (await teams.call("DELETE", f"/v1/members/{leaves.user_id}", token=ada.token)).status == 204
    pending, revoked = [await teams.invite(ada, teams.new_email()) for _ in range(2)]
    assert (await teams.call("DELETE", f"/v1/invitations/{revoked['id']}", token=ada.token)).status == 204
    assert pending["state"] == "pending"
    assert stays.user_id in version


async def test_each_aggregate_is_as_its_newest_event_says(teams) -> None:
    await story(teams)
    newest: dict[str, dict] = {}
    for event in await teams.events():
        if event["sequence"] > newest.get(event["subject"], {"sequence": 0})["sequence"]:
            newest[event["subject"]] = event
    sent = {envelope.subject: envelope for envelope in await snapshot(teams)}
    assert set(sent) == set(newest)
    for subject, envelope in sent.items():
        event = newest[subject]
        assert (envelope.sequence, envelope.orgid) == (event["sequence"], org_of(event)), event
        of_membership = "membership_id" in envelope.data
        apart = BORROWED | (CREDITS if event["type"] == "member.role_changed" else set()) if of_membership else REVOKES
        assert without(envelope.data, apart) == without(event["data"], apart)
        if of_membership:
            assert envelope.time == Envelope.model_validate(event).time
            assert envelope.data["name"] == sent[envelope.data["user_id"]].data["name"]
        assert envelope.snapshot is True
    assert "member.removed" in {envelope.type for envelope in sent.values()}


def without(data: dict, names: set[str]) -> dict:
    return {name: value for name, value in data.items() if name not in names}


def org_of(event: dict) -> UUID | None:
    return UUID(event["orgid"]) if "orgid" in event and not event["type"].startswith("user.") else None


async def test_pages_leave_nobody_out_and_the_count_is_theirs(teams) -> None:
    await story(teams)
    by_batch = [sorted(str(envelope.id) for envelope in await snapshot(teams, batch)) for batch in (1, 2, 1000)]
    assert by_batch[0] == by_batch[1] == by_batch[2]
    assert len(set(by_batch[0])) == len(by_batch[0]) == await count_states(teams.worker, SNAPSHOTS)
    assert {UUID(one).version for one in by_batch[0]} == {5}
