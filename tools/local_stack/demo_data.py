"""The organization that a newcomer signs in to: made once, through the public API like any customer's."""

import asyncio

from demo.failure import DemoFailed
from demo.mails import wait_for_invitation
from demo.platform import Platform, Refused
from local_stack.catalogue import Stack
from local_stack.failure import StackFailure
from local_stack.fingerprints import Memory
from local_stack.terminal import step

EMAIL = "demo@example.com"
COLLEAGUE = "colleague@example.com"
ORGANIZATION = "Demo Robotics"
_MADE = "demo-data"


def ensure(stack: Stack) -> None:
    """Make it if it is not there yet. Raises StackFailure."""
    memory = Memory(stack.places.state)
    if memory.knows(_MADE, ORGANIZATION):
        return
    with step("Making the demo organization"):
        try:
            asyncio.run(_make(stack))
        except DemoFailed as failure:
            raise StackFailure(f"the demo organization could not be made: {failure}") from failure
    memory.remember(_MADE, ORGANIZATION)


async def _make(stack: Stack) -> None:
    """Dana owns it; Sam was invited, so that the console has a member and an alert to show."""
    password = stack.keyring.demo_password
    async with Platform(stack.public_url) as platform:
        try:
            await platform.login(EMAIL, password)
        except Refused as refused:
            if refused.code != "invalid_credentials":
                raise
            owner = await platform.register("Dana Demo", EMAIL, password, organization=ORGANIZATION)
            await platform.call("POST", "/v1/invitations", {"email": COLLEAGUE, "role": "member"}, person=owner)
            mail = await wait_for_invitation(stack.mail_url, COLLEAGUE)
            await platform.register("Sam Colleague", COLLEAGUE, password, invitation=mail.token)
