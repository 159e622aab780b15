"""What a plan allows goes all the way: bought at billing, said to teams, minted into the token, kept by the gateway."""

import re

from chassis.testing import eventually
from tests.integration.person import Person
from tests.integration.platform import RATE_LIMIT_SCALE


async def allowed(owner: Person) -> int:
    """Requests a minute of the organization, as a new token is told."""
    await owner.log_in()
    policy = (await owner.call("GET", "/v1/me")).headers["RateLimit-Policy"]
    found = re.search(r'"organization";q=(\d+);w=60', policy)
    assert found, policy
    return int(found[1]) // RATE_LIMIT_SCALE


async def test_a_larger_plan_may_call_more_often(person) -> None:
    owner = await person("Ada Caller").register(organization_name="Callers")
    assert await allowed(owner) == 600

    async def on_free() -> bool:
        return bool((await owner.call("GET", "/v1/billing/subscription")).status == 200)

    await eventually(on_free)
    bought = {"plan": "starter", "payment_method": "pm_card_visa"}
    await owner.call("POST", "/v1/billing/subscription", bought)

    async def larger() -> bool:
        return await allowed(owner) == 1800

    await eventually(larger)
