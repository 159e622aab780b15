"""Seats come from billing: the newest word counts, whatever the order, and the door obeys it."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.inbox import Message, Reader
from chassis.processing import Processor
from contracts.billing import EntitlementsChangedV1
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.tokens import UNBOUNDED
from teams.consumers import REACTIONS
from teams.domain.organizations import FREE_QUOTA

CATALOGUE = Path(__file__).parents[2] / "billing" / "catalog.yaml"


def entitled(org_id, seats: int, sequence: int, limits=None) -> Envelope:
    event = EntitlementsChangedV1(organization_id=org_id, plan="pro", seats=seats, features=(), limits=limits or {})
    return Envelope.around(
        event,
        id=new_id(),
        source="/services/billing",
        time=datetime.now(UTC),
        sequence=sequence,
        actor="system:billing",
        correlationid="c",
        orgid=org_id,
    )


@pytest.fixture
def deliver(teams):
    async def settle(*envelopes: Envelope) -> None:
        processor = Processor(teams.worker, "teams", Reader(REACTIONS))
        await processor.settle([Message(e.to_json(), message_id=str(e.id), type=e.type) for e in envelopes])

    return settle


async def invite(teams, by):
    return await teams.call("POST", "/v1/invitations", {"email": teams.new_email(), "role": "member"}, token=by.token)


async def test_bought_seats_can_be_filled_and_no_more(teams, deliver) -> None:
    ada = await teams.register()
    await deliver(entitled(ada.org_id, 7, 2))
    answers = [await invite(teams, ada) for _ in range(7)]
    assert [answer.status for answer in answers] == [201] * 6 + [409]
    assert answers[-1].code == "seats_exhausted"


async def test_an_older_word_never_wins(teams, deliver) -> None:
    ada = await teams.register()
    await deliver(entitled(ada.org_id, 2, 3))
    await deliver(entitled(ada.org_id, 50, 1), entitled(ada.org_id, 40, 2))
    assert [(await invite(teams, ada)).status for _ in range(2)] == [201, 409]


async def test_fewer_seats_remove_nobody(teams, deliver) -> None:
    ada = await teams.register()
    await teams.add_member(ada)
    await deliver(entitled(ada.org_id, 1, 2))
    members = await teams.call("GET", "/v1/members", token=ada.token)
    assert len(members.body["items"]) == 2
    assert (await invite(teams, ada)).code == "seats_exhausted"


async def test_one_organizations_seats_are_not_anothers(teams, deliver) -> None:
    ada, bob = await teams.register(), await teams.register()
    await deliver(entitled(ada.org_id, 1, 2))
    assert (await invite(teams, ada)).status == 409
    assert (await invite(teams, bob)).status == 201


async def quota_of(teams, person) -> int | None:
    """What the token of a new sign-in says."""
    payload = (await teams.log_in(person)).token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims["quota"]


async def test_the_plans_quota_is_in_the_next_token(teams, deliver) -> None:
    ada = await teams.register()
    assert await quota_of(teams, ada) == FREE_QUOTA
    await deliver(entitled(ada.org_id, 5, 2, {"requests_per_minute": 6000}))
    assert await quota_of(teams, ada) == 6000
    await deliver(entitled(ada.org_id, 5, 1, {"requests_per_minute": 50}))
    assert await quota_of(teams, ada) == 6000
    await deliver(entitled(ada.org_id, 5, 3, {"requests_per_minute": None}))
    assert await quota_of(teams, ada) == UNBOUNDED
    await deliver(entitled(ada.org_id, 5, 4))
    assert await quota_of(teams, ada) == FREE_QUOTA


async def test_free_is_what_the_catalogue_sells_as_free() -> None:
    (free,) = [plan for plan in yaml.safe_load(CATALOGUE.read_text())["plans"] if plan["code"] == "free"]
    assert free["versions"][-1]["limits"]["requests_per_minute"] == FREE_QUOTA
