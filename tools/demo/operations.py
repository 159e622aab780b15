"""Our own staff look at the customer, and the look is in the log."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from chassis.second_factors import CODE_SECONDS
from demo.failure import DemoFailed
from demo.narrator import Narrator
from demo.platform import Person, Platform, Refused
from demo.waiting import until
from local_stack.superadmin import Superadmin


@dataclass
class Operations:
    """The superadmin at /admin, with password and authenticator."""

    platform: Platform
    narrator: Narrator
    root: Superadmin

    async def tell(self, organization_id: str, name: str) -> None:
        """Sign in, look, find the look. Raises DemoFailed."""
        staff = await self._signs_in()
        await self._sees_the_customer(staff, organization_id, name)
        await self._finds_the_look(staff, organization_id)

    async def _signs_in(self) -> Person:
        with self.narrator.step("A superadmin signs in with a password and a code"):
            login = {"email": self.root.email, "password": self.root.password}
            challenge = await self.platform.call("POST", "/admin/v1/auth/login", login)
            session = await self._prove(challenge["challenge"])
        who = session["staff"]
        self.narrator.answer(f"200 {who['name']}, {who['role']}, may do {len(session['permissions'])} things")
        return Person(who["name"], who["email"], session["access_token"], who["id"], None)

    async def _prove(self, challenge: str) -> dict[str, Any]:
        """A code works once, so that a demo told twice in half a minute waits for the next one."""
        try:
            return await self._send_code(challenge)
        except Refused as refused:
            if refused.code != "code_refused":
                raise
        await asyncio.sleep(CODE_SECONDS - time.time() % CODE_SECONDS + 0.2)
        return await self._send_code(challenge)

    async def _send_code(self, challenge: str) -> dict[str, Any]:
        body = {"challenge": challenge, "code": self.root.code}
        session: dict[str, Any] = await self.platform.call("POST", "/admin/v1/auth/totp", body)
        return session

    async def _sees_the_customer(self, staff: Person, organization_id: str, name: str) -> None:
        async def on_pro() -> dict[str, Any] | None:
            try:
                page: dict[str, Any] = await self.platform.call(
                    "GET", f"/admin/v1/customers/{organization_id}", person=staff
                )
            except Refused as refused:
                if refused.status == 404:
                    return None
                raise
            plan = page["customer"]["subscription"]
            return page if plan is not None and plan["plan"] == "pro" and len(page["members"]) == 1 else None

        with self.narrator.step(f"She looks at {name}"):
            page = await until("the customer's page", on_pro, help="`make logs SERVICE=admin` tells why")
        plan, members = page["customer"]["subscription"], [member["name"] for member in page["members"]]
        self.narrator.answer(
            f"200 {plan['plan']}, {plan['status']}, {plan['seats']} seats; members: {', '.join(members)}"
        )
        self.narrator.answer(f"    lately: {', '.join(event['type'] for event in page['events'][:3])}")

    async def _finds_the_look(self, staff: Person, organization_id: str) -> None:
        with self.narrator.step("Her look is in the audit log"):
            query = f"/admin/v1/audit?action=customer&actor=admin:{staff.user_id}&limit=20"
            rows = (await self.platform.call("GET", query, person=staff))["items"]
        look = next((row for row in rows if organization_id in row["target"]), None)
        if look is None:
            raise DemoFailed(
                f"{staff.name} looked at organization {organization_id}, but the audit log does not know it"
            )
        self.narrator.answer(f"200 row {look['number']} of {look['day']}: {look['actor_email']} {look['action']}")
        with self.narrator.step("The log's chain is verified, row by row"):
            verdict = await self.platform.call("GET", "/admin/v1/audit/verification", person=staff)
        if not verdict["whole"]:
            raise DemoFailed(f"the audit log was touched: {verdict['broken']}")
        self.narrator.answer(f"200 whole, {verdict['rows']} rows since {verdict['since']}")
