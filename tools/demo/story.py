"""A colleague is invited and removed; a plan is bought and changed at Stripe; all of it is counted; staff look."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from demo.failure import DemoFailed
from demo.figures import show_figures
from demo.mails import InvitationMail, wait_for_invitation
from demo.narrator import Narrator
from demo.operations import Operations
from demo.platform import Person, Platform, Refused
from demo.purchase import Purchase
from demo.stream import Frame, Stream
from demo.tracing import new_trace_id, trace_id_of
from local_stack.superadmin import Superadmin

ORGANIZATION = "Analytical Engines"


@dataclass(frozen=True)
class Told:
    """The ids of the traces that tie it together: from the invitation on, and from Stripe's webhook on."""

    invitation: str
    plan_change: str


@dataclass
class Story:
    """The cast and the stage. Names are new each time, so that it can be told again and again."""

    platform: Platform
    mail_url: str
    stripe_url: str
    root: Superadmin
    narrator: Narrator

    def __post_init__(self) -> None:
        self.mark = uuid4().hex[:6]
        self.password = f"correct horse {uuid4().hex}"

    async def tell(self) -> Told:
        """Play it to the end. Raises DemoFailed."""
        self.narrator.title("A colleague is invited, the mail arrives, the alert appears")
        ada = await self._ada_registers()
        async with Stream(self.platform, ada) as alerts:
            trace_id = new_trace_id()
            mail = await self._traced(trace_id, lambda: self._grace_is_invited(ada))
            grace = await self._traced(trace_id, lambda: self._grace_registers(mail))
            await self._the_alert_appears(ada, alerts, trace_id)
            await self._grace_is_removed(ada, grace)
            self.narrator.title("A plan is bought; Stripe changes it, and its webhook brings it to the books")
            changed = await Purchase(self.platform, self.stripe_url, self.narrator, ada, alerts).tell()
        self.narrator.title("All of it is counted, and our staff see it")
        await show_figures(self.platform, self.narrator, ada)
        await Operations(self.platform, self.narrator, self.root).tell(str(ada.organization_id), ORGANIZATION)
        return Told(invitation=trace_id, plan_change=changed)

    async def _traced(self, trace_id: str, act: Callable[[], Awaitable[Any]]) -> Any:
        self.platform.trace_id = trace_id
        try:
            return await act()
        finally:
            self.platform.trace_id = None

    async def _ada_registers(self) -> Person:
        with self.narrator.step(f"Ada registers and founds {ORGANIZATION}"):
            ada = await self.platform.register(
                "Ada Lovelace", f"ada.{self.mark}@example.com", self.password, organization=ORGANIZATION
            )
        self.narrator.answer(f"201 user {ada.user_id}, organization {ada.organization_id}, owner")
        return ada

    async def _grace_is_invited(self, ada: Person) -> InvitationMail:
        address = f"grace.{self.mark}@example.com"
        with self.narrator.step(f"Ada invites {address}"):
            invitation = await self.platform.call(
                "POST", "/v1/invitations", {"email": address, "role": "member"}, person=ada
            )
        self.narrator.answer(f"201 invitation {invitation['id']}, {invitation['state']}, as {invitation['role']}")
        with self.narrator.step("The mail arrives"):
            mail = await wait_for_invitation(self.mail_url, address)
        self.narrator.answer(f"“{mail.subject}” from {mail.sender}")
        self.narrator.answer(mail.link)
        return mail

    async def _grace_registers(self, mail: InvitationMail) -> Person:
        with self.narrator.step("Grace opens the link: who invites her, and where to"):
            preview = await self.platform.call("POST", "/v1/invitations/preview", {"token": mail.token})
        self.narrator.answer(f"{preview['inviter_name']} invites {preview['email']} to {preview['organization_name']}")
        with self.narrator.step("Grace registers by it"):
            grace = await self.platform.register("Grace Hopper", preview["email"], self.password, invitation=mail.token)
        self.narrator.answer(f"201 user {grace.user_id}, address verified by the link, member")
        return grace

    async def _the_alert_appears(self, ada: Person, alerts: Stream, trace_id: str) -> None:
        with self.narrator.step("The alert appears on Ada's open page"):
            frame = await alerts.next(_is_about_a_member_who_joined, "the alert", seconds=10)
        self.narrator.answer(f"“{frame['data']['title']}” (cursor {frame['cursor']})")
        if (carried := trace_id_of(frame.get("traceparent"))) != trace_id:
            raise DemoFailed(f"the alert carries the trace {carried} instead of {trace_id}")
        self.narrator.answer(f"same trace as Grace's request: {trace_id}")
        with self.narrator.step("Ada's unread count"):
            unread = await self.platform.call("GET", "/v1/notifications/unread-count", person=ada)
        self.narrator.answer(f"200 {unread}")

    async def _grace_is_removed(self, ada: Person, grace: Person) -> None:
        async with Stream(self.platform, grace) as open_page:
            with self.narrator.step("Grace has a page open; Ada removes her, and her socket closes"):
                await self.platform.call("DELETE", f"/v1/members/{grace.user_id}", person=ada)
                bye = await open_page.next(lambda frame: frame["type"] == "bye", "the goodbye")
                code, _ = await open_page.closed()
        self.narrator.answer(f"bye {bye['code']}, closed with {code}")
        with self.narrator.step("Her token is worth nothing any more"):
            status = await self._status_of_members(grace)
        self.narrator.answer(f"GET /v1/members is answered {status}")

    async def _status_of_members(self, person: Person) -> int:
        try:
            await self.platform.call("GET", "/v1/members", person=person)
        except Refused as refused:
            if refused.status in (401, 403):
                return refused.status
            raise
        raise DemoFailed(f"{person.name} can still list the members of an organization she was removed from")


def _is_about_a_member_who_joined(frame: Frame) -> bool:
    return bool(frame["type"] == "notification" and frame["data"]["kind"] == "member.joined")
