"""A plan is bought; then Stripe itself changes it, and only its signed webhook tells the platform."""

from dataclasses import dataclass
from typing import Any

from demo.failure import DemoFailed
from demo.narrator import Narrator
from demo.platform import Person, Platform, Refused
from demo.stream import Frame, Stream
from demo.stripe_account import StripeAccount
from demo.tracing import trace_id_of
from demo.waiting import until

SUBSCRIPTION = "/v1/billing/subscription"
CARD = "pm_card_visa"
SEATS = 3
BILLING_LOGS = "`make logs SERVICE=billing` tells why"


@dataclass
class Purchase:
    """Ada pays, with her page open: `alerts` is its socket."""

    platform: Platform
    stripe_url: str
    narrator: Narrator
    ada: Person
    alerts: Stream

    async def tell(self) -> str:
        """Returns the id of the trace that began with the webhook. Raises DemoFailed."""
        await self._starter_is_bought()
        async with StripeAccount(self.stripe_url) as stripe:
            await self._stripe_changes_the_plan(stripe)
        trace_id = await self._the_alert_appears("Pro", "Her open page says so, nobody has asked")
        await self._the_books_follow()
        return trace_id

    async def _starter_is_bought(self) -> None:
        with self.narrator.step("Ada buys the plan Starter with a test card"):
            await self._wait_for_plan("free")
            order = {"plan": "starter", "interval": "month", "payment_method": CARD}
            await self.platform.call("POST", SUBSCRIPTION, order, person=self.ada)
            bought = await self._wait_for_plan("starter")
        self.narrator.answer(f"200 {_said(bought)}")
        await self._the_alert_appears("Starter", "The alert appears on her open page")

    async def _stripe_changes_the_plan(self, stripe: StripeAccount) -> None:
        organization = self.ada.organization_id
        if organization is None:
            raise DemoFailed(f"{self.ada.name} has no organization")
        with self.narrator.step(f"At Stripe, past the platform, the subscription goes to Pro with {SEATS} seats"):
            subscription_id = await stripe.change_plan(organization, "pro_month_v1", SEATS)
        self.narrator.answer(f"200 subscription {subscription_id}, by Stripe's own SDK")
        with self.narrator.step("Stripe's signed webhook arrives at POST /webhooks/stripe"):
            delivery = await stripe.delivery(subscription_id)
        self.narrator.answer(f"{delivery.status} event {delivery.event_id}, customer.subscription.updated")

    async def _the_alert_appears(self, plan: str, sentence: str) -> str:
        def is_about_the_plan(frame: Frame) -> bool:
            return (
                frame["type"] == "notification"
                and frame["data"]["kind"] == "subscription.updated"
                and plan in frame["data"]["title"]
            )

        with self.narrator.step(sentence):
            frame = await self.alerts.next(is_about_the_plan, f"the alert about {plan}", seconds=30)
        self.narrator.answer(f"“{frame['data']['title']}” (cursor {frame['cursor']})")
        trace_id = trace_id_of(frame.get("traceparent"))
        if trace_id is None:
            raise DemoFailed(f"the alert about {plan} carries no trace")
        return trace_id

    async def _the_books_follow(self) -> None:
        with self.narrator.step("Our books say what Stripe says"):
            found = await self._wait_for_plan("pro")
        self.narrator.answer(f"200 {_said(found)}")
        if (found["seats"], found["mrr"]["amount"]) != (SEATS, SEATS * 4900):
            raise DemoFailed(f"the books say {_said(found)} instead of {SEATS} seats of 49.00 a month")

    async def _wait_for_plan(self, plan: str) -> dict[str, Any]:
        async def on_plan() -> dict[str, Any] | None:
            try:
                found: dict[str, Any] = await self.platform.call("GET", SUBSCRIPTION, person=self.ada)
            except Refused as refused:
                if refused.code == "subscription_not_ready":
                    return None
                raise
            return found if found["plan"] == plan else None

        return await until(f"the subscription to {plan}", on_plan, help=BILLING_LOGS)


def _said(subscription: dict[str, Any]) -> str:
    mrr = subscription["mrr"]
    money = f"{mrr['amount'] // 100}.{mrr['amount'] % 100:02} {mrr['currency'].upper()}"
    return f"{subscription['plan']}, {subscription['status']}, {subscription['seats']} seats, {money} a month"
