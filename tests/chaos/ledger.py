"""What was committed against what took effect, across the whole platform: role changes and the alerts they cause."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from chassis.testing import eventually
from tests.integration.person import Person
from tests.integration.platform import Platform

ROLES = ("viewer", "member")
_LEDGER = """
SELECT count(*) AS committed,
       count(*) FILTER (WHERE effects = 0) AS lost,
       count(*) FILTER (WHERE effects > 1) AS doubled
FROM (
    SELECT fact.event_id, count(effect.id) AS effects
    FROM teams.outbox fact LEFT JOIN notifier.notifications effect USING (event_id)
    WHERE fact.type = 'member.role_changed' AND fact.org_id = $1
    GROUP BY fact.event_id
) AS counted
"""


@dataclass
class Books:
    """The two sides of the ledger."""

    committed: int
    lost: int
    doubled: int


@dataclass
class Load:
    """An owner who changes a member's role again and again, through the front door, each until it is acknowledged.

    `acknowledged` counts the changes that the product said are done. A request without an answer is repeated under the
    same Idempotency-Key, as a careful client would.
    """

    platform: Platform
    owner: Person
    member: Person
    acknowledged: int = 0
    version: int = 0
    errors: list[int] = field(default_factory=list)

    async def change(self) -> None:
        """One change, repeated until it is acknowledged."""
        key = str(uuid4())
        path = f"/v1/members/{self.member.user['id']}"
        role = ROLES[self.acknowledged % 2]
        while True:
            try:
                answer = await self.owner.call(
                    "PATCH", path, {"role": role}, If_Match=f'"{self.version}"', Idempotency_Key=key
                )
            except (aiohttp.ClientError, TimeoutError):
                continue
            if answer.status == 200:
                self.acknowledged += 1
                self.version = answer.body["version"]
                return
            assert answer.status in (409, 502, 503, 504), answer
            self.errors.append(answer.status)
            await asyncio.sleep(float(answer.headers.get("Retry-After", 0.1)) / 10)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Change all the while."""
        ended = asyncio.Event()

        async def work() -> None:
            while not ended.is_set():
                await self.change()

        task = asyncio.create_task(work())
        try:
            yield
        finally:
            ended.set()
            await task

    async def more(self, count: int) -> None:
        """Return once this many further changes were acknowledged."""
        goal = self.acknowledged + count

        async def reached() -> bool:
            return self.acknowledged >= goal

        await eventually(reached, timeout=90)

    async def books(self) -> Books:
        """The ledger as it stands."""
        assert self.owner.organization is not None
        row = (await self.platform.query(_LEDGER, self.owner.organization["id"]))[0]
        return Books(row["committed"], row["lost"], row["doubled"])

    async def settled(self) -> Books:
        """The ledger once every committed fact has taken effect; the last state seen if that never happens."""
        books = Books(0, 0, 0)

        async def complete() -> bool:
            nonlocal books
            books = await self.books()
            return books.lost == 0 and books.committed == self.acknowledged

        try:
            await eventually(complete, timeout=60)
        except TimeoutError:
            return books
        return books


async def begin(platform: Platform, owner: Person, member: Person) -> Load:
    """An organization with an owner and a member whose role goes to and fro."""
    await owner.register(organization_name="Restless")
    await owner.invite(member)
    await member.join()
    members = (await owner.call("GET", "/v1/members")).ok()["items"]
    version = next(found["version"] for found in members if found["user_id"] == member.user["id"])
    return Load(platform, owner, member, version=version)
