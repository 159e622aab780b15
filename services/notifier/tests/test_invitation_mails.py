"""A mail of an invitation that is over is not sent, whichever arrived first: the end or the mail."""

from datetime import timedelta

import pytest

from chassis import sealing
from chassis.database import Context
from contracts.commands import SendInvitationEmailV1
from contracts.ids import new_id
from notifier.mail import InvitationMail
from notifier.rendering import Renderer
from notifier.usecases.end_invitation import end_invitation
from notifier.usecases.queue_invitation import queue_invitation

PUBLIC_URL = "http://localhost:8080"


@pytest.fixture
def command(worker):
    def make(**changes) -> SendInvitationEmailV1:
        values = {
            "invitation_id": new_id(),
            "organization_id": new_id(),
            "organization_name": "Acme",
            "inviter_name": "Ada",
            "email": f"{new_id()}@example.com",
            "role": "member",
            "locale": "en",
            "token": "secret",
            "expires_at": worker.clock.now() + timedelta(days=7),
        }
        return SendInvitationEmailV1(**(values | changes))

    return make


@pytest.fixture
def queue(worker, settings):
    key = sealing.public_key_of(settings().command_private_key.get_secret_value())

    async def enqueue(command: SendInvitationEmailV1) -> None:
        async with worker.transaction(Context(actor="system:teams")) as tx:
            await queue_invitation(tx, command, new_id(), public_url=PUBLIC_URL, public_key=key)

    return enqueue


@pytest.fixture
def end(worker):
    async def finish(invitation_id) -> None:
        async with worker.transaction(Context(actor="system:teams")) as tx:
            await end_invitation(tx, invitation_id)

    return finish


@pytest.fixture
def states(rows):
    async def look(invitation_id) -> list[tuple[str, bool]]:
        found = await rows(
            "SELECT state, payload IS NULL AS erased FROM deliveries WHERE invitation_id = $1 ORDER BY created_at, id",
            invitation_id,
        )
        return [(row["state"], row["erased"]) for row in found]

    return look


async def test_taken_back_while_its_mail_waits(command, queue, end, states) -> None:
    one, other = command(), command()
    await queue(one)
    await queue(other)
    await end(one.invitation_id)
    await end(one.invitation_id)
    assert await states(one.invitation_id) == [("given_up", True)]
    assert await states(other.invitation_id) == [("pending", False)]


async def test_taken_back_before_its_mail_was_asked_for(command, queue, end, states) -> None:
    one = command()
    await end(one.invitation_id)
    await queue(one)
    assert await states(one.invitation_id) == []


async def test_a_newer_mail_replaces_one_that_waits(command, queue, states) -> None:
    one = command()
    await queue(one)
    await queue(one)
    assert sorted(await states(one.invitation_id)) == [("given_up", True), ("pending", False)]


@pytest.mark.parametrize(("reminder", "begins"), [(False, "Ada invited"), (True, "Reminder: Ada invited")])
def test_a_reminder_says_so(command, reminder, begins) -> None:
    values = InvitationMail.of(command(reminder=reminder), PUBLIC_URL).values()
    text = Renderer().mail("invitation", "en", **values)
    assert text.subject.startswith(begins)
    assert ("ends soon" in text.text, "ends soon" in text.html) == (reminder, reminder)
