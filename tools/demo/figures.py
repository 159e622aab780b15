"""The metrics count the story, exactly."""

from typing import Any

from demo.failure import DemoFailed
from demo.narrator import Narrator
from demo.platform import Person, Platform
from demo.waiting import until

TOTALS = {
    "sign_ups": 2,
    "members_joined": 2,
    "members_removed": 1,
    "invitations_sent": 1,
    "invitations_accepted": 1,
    "active_users": 2,
}
"""What Ada and Grace did: both signed up, joined and were active, one invited the other and removed her."""

PLAN_CHANGES = 2
MRR = [{"amount": 3 * 4900, "currency": "usd"}]


def over(found: dict[str, Any]) -> list[str]:
    """What was counted more often than it happened."""
    return [name for name, wanted in TOTALS.items() if found["totals"][name]["value"] > wanted]


def complete(found: dict[str, Any]) -> bool:
    """Whether everything that the story did is counted."""
    exact = all(found["totals"][name]["value"] == wanted for name, wanted in TOTALS.items())
    return exact and plan_changes(found) == PLAN_CHANGES and found["mrr"] == MRR


def plan_changes(found: dict[str, Any]) -> int:
    """How many times a plan was changed: bought once, changed at Stripe once."""
    return next((int(one["count"]) for one in found["top_events"] if one["name"] == "subscription.updated"), 0)


async def show_figures(platform: Platform, narrator: Narrator, ada: Person) -> None:
    """Wait until all is counted, show it, check it. Raises DemoFailed, also where something was counted twice."""

    async def counted() -> dict[str, Any] | None:
        found: dict[str, Any] = await platform.call("GET", "/v1/analytics/overview", person=ada)
        if twice := over(found):
            raise DemoFailed(f"the metrics count more {', '.join(twice)} than there were: {found['totals']}")
        return found if complete(found) else None

    with narrator.step("The metrics have counted all of it, once"):
        found = await until("an exact count", counted, help="`make logs SERVICE=analytics` tells why")
    shown = {name: found["totals"][name]["value"] for name in TOTALS}
    narrator.answer("200 " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in list(shown.items())[:3]))
    narrator.answer("    " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in list(shown.items())[3:]))
    mrr = found["mrr"][0]["amount"]
    narrator.answer(
        f"    plan changes {plan_changes(found)}, monthly recurring revenue {mrr // 100}.{mrr % 100:02} USD"
    )
    with narrator.step("Every raw event is compared with the counts"):
        sums = await platform.call("GET", "/v1/analytics/integrity", person=ada)
    if not sums["consistent"]:
        raise DemoFailed(f"the counts are not those of the raw events: {sums}")
    narrator.answer(f"200 consistent, {sums['raw']} events, {sums['quarantined']} put aside")
