"""Whatever happens, the events tell all of it: who only listens ends with the same books as who asks."""

import json
import random
from typing import Any

import pytest
import stripe

CARDS = (
    None,
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_threeDSecure2Required",
    "pm_card_mastercard",
)
# (Stripe does not tell when an invoice item is put on an invoice: the invoice says so.)
TOLD = ("customer", "subscription", "invoice", "payment_intent", "payment_method", "charge", "price")


class Shopkeeper:
    """Does things at random; what Stripe refuses is refused."""

    def __init__(self, seed: int, api: stripe.StripeClient, control: Any) -> None:
        self.random = random.Random(seed)
        self.api = api
        self.control = control
        self.prices: list[str] = []
        self.refused = 0

    async def open(self, price: Any) -> None:
        for amount, interval in ((0, "month"), (1500, "month"), (9900, "month"), (50_000, "year")):
            self.prices.append((await price(amount, recurring={"interval": interval})).id)

    async def subscribe_if_possible(self) -> None:
        try:
            await self.subscribe()
        except (stripe.CardError, stripe.InvalidRequestError):
            self.refused += 1

    async def act(self) -> None:
        action = self.random.choice(
            [
                self.subscribe,
                self.change,
                self.change,
                self.end,
                self.pay,
                self.wait,
                self.wait,
                self.new_card,
                self.new_card,
            ]
        )
        try:
            await action()
        except (stripe.CardError, stripe.InvalidRequestError):
            self.refused += 1

    async def subscribe(self) -> None:
        card = self.random.choice(CARDS)
        params: Any = {"name": f"customer {self.random.random()}"}
        if card is not None:
            params |= {"payment_method": card, "invoice_settings": {"default_payment_method": card}}
        owner = await self.api.v1.customers.create_async(params)
        start: Any = {"customer": owner.id, "items": [{"price": self.random.choice(self.prices), "quantity": 2}]}
        start["payment_behavior"] = self.random.choice(
            ["allow_incomplete", "default_incomplete", "error_if_incomplete"]
        )
        if self.random.random() < 0.4:
            start["trial_period_days"] = self.random.randint(1, 20)
            missing = self.random.choice(["cancel", "pause", "create_invoice"])
            start["trial_settings"] = {"end_behavior": {"missing_payment_method": missing}}
        await self.api.v1.subscriptions.create_async(start)

    async def any(self) -> stripe.Subscription:
        found = (await self.api.v1.subscriptions.list_async({"limit": 100})).data
        return self.random.choice(found) if found else await self.any_or_new()

    async def any_or_new(self) -> stripe.Subscription:
        owner = await self.api.v1.customers.create_async({})
        start: Any = {"customer": owner.id, "items": [{"price": self.prices[0]}]}
        return await self.api.v1.subscriptions.create_async(start)

    async def change(self) -> None:
        one = await self.any()
        item: Any = {"id": one["items"].data[0].id, "quantity": self.random.randint(1, 5)}
        if self.random.random() < 0.5:
            item["price"] = self.random.choice(self.prices)
        proration = self.random.choice(["none", "create_prorations", "always_invoice"])
        behavior = self.random.choice(["allow_incomplete", "error_if_incomplete", "default_incomplete"])
        change: Any = {"items": [item], "proration_behavior": proration, "payment_behavior": behavior}
        await self.api.v1.subscriptions.update_async(one.id, {**change, "metadata": {"n": str(self.random.random())}})

    async def end(self) -> None:
        one = await self.any()
        if self.random.random() < 0.3:
            await self.api.v1.subscriptions.cancel_async(one.id)
        else:
            await self.api.v1.subscriptions.update_async(one.id, {"cancel_at_period_end": self.random.random() < 0.5})

    async def pay(self) -> None:
        unpaid = (await self.api.v1.invoices.list_async({"status": "open", "limit": 100})).data
        if unpaid:
            bill = self.random.choice(unpaid)
            assert isinstance(bill.customer, str)
            card = await self.api.v1.payment_methods.attach_async("pm_card_visa", {"customer": bill.customer})
            await self.api.v1.invoices.pay_async(str(bill.id), {"payment_method": card.id})

    async def new_card(self) -> None:
        one = await self.any()
        token = self.random.choice(["pm_card_visa", "pm_card_chargeCustomerFail"])
        card = await self.api.v1.payment_methods.attach_async(token, {"customer": str(one.customer)})
        await self.api.v1.subscriptions.update_async(one.id, {"default_payment_method": card.id})

    async def wait(self) -> None:
        await self.control.advance(days=self.random.choice([0.1, 1, 5, 20, 31]))


@pytest.mark.parametrize("seed", range(2))
async def test_who_only_listens_has_the_same_books(
    seed: int, api: stripe.StripeClient, control: Any, price: Any, receiver: Any
) -> None:
    shop = Shopkeeper(seed, api, control)
    await shop.open(price)
    heard: dict[str, dict[str, Any]] = {}
    for step in range(60):
        await (shop.act() if step > 8 else shop.subscribe_if_possible())
        await control.settle()
        heard |= {obj["id"]: obj for obj in (json.loads(body)["data"]["object"] for body, _ in receiver.raw)}
        receiver.raw.clear()
        for kind in TOLD:
            for now in (await (await control.http.get(f"/_control/objects?kind={kind}")).json())["items"]:
                if not now.get("deleted"):
                    assert _books(heard[now["id"]]) == _books(now), (step, now["id"])
    assert shop.refused < 40


@pytest.mark.parametrize("seed", range(4, 6))
async def test_the_money_adds_up(seed: int, api: stripe.StripeClient, control: Any, price: Any) -> None:
    shop = Shopkeeper(seed, api, control)
    await shop.open(price)
    for _ in range(60):
        await shop.act()
    charges = [c async for c in (await api.v1.charges.list_async({"limit": 100})).auto_paging_iter()]
    bills = [i async for i in (await api.v1.invoices.list_async({"limit": 100})).auto_paging_iter()]
    assert bills
    assert sum(c.amount for c in charges if c.paid) == sum(bill.amount_paid for bill in bills)
    for bill in bills:
        assert bill.total == sum(line.amount for line in bill.lines.data)
        assert bill.amount_remaining == (0 if bill.status == "paid" else bill.amount_due)
        if bill.ending_balance is not None:
            assert bill.total + bill.starting_balance == bill.amount_due + bill.ending_balance
    numbers = [bill.number for bill in bills if bill.number is not None]
    assert len(numbers) == len(set(numbers))


def _books(obj: dict[str, Any]) -> dict[str, Any]:
    """Without what only Stripe's own bookkeeping changes."""
    return {name: value for name, value in obj.items() if name != "next_invoice_sequence"}
