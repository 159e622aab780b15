"""What time does to subscriptions: trials, renewals, dunning."""

from typing import Any

import pytest
import stripe

DAY = 86_400


async def subscribe(api: stripe.StripeClient, customer: str, price: str, **more: Any) -> stripe.Subscription:
    params: Any = {"customer": customer, "items": [{"price": price}], **more}
    return await api.v1.subscriptions.create_async(params)


async def again(api: stripe.StripeClient, subscription: stripe.Subscription, *expand: str) -> stripe.Subscription:
    return await api.v1.subscriptions.retrieve_async(subscription.id, {"expand": list(expand)})


async def invoices(api: stripe.StripeClient, subscription: stripe.Subscription) -> list[stripe.Invoice]:
    """Oldest first."""
    return list(reversed((await api.v1.invoices.list_async({"subscription": subscription.id})).data))


async def test_a_trial_ends_in_a_paid_period(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, receiver: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id, trial_period_days=14)
    assert (made.status, made.trial_end) == ("trialing", made.created + 14 * DAY)
    await control.advance(to=made.created + 11 * DAY + 1)
    await control.settle()
    assert "customer.subscription.trial_will_end" in receiver.types
    await control.advance(to=made.created + 14 * DAY + 3601)
    current = await again(api, made)
    assert current.status == "active"
    assert current["items"].data[0].current_period_start == made.trial_end
    assert [(i.total, i.status) for i in await invoices(api, made)] == [(0, "paid"), (1500, "paid")]


@pytest.mark.parametrize(("missing", "status"), [("cancel", "canceled"), ("pause", "paused")])
async def test_a_trial_without_a_card_ends_as_asked(
    *, api: stripe.StripeClient, customer: Any, price: Any, control: Any, missing: str, status: str
) -> None:
    owner, pro = await customer(None), await price(1500)
    settings = {"end_behavior": {"missing_payment_method": missing}}
    made = await subscribe(api, owner.id, pro.id, trial_period_days=7, trial_settings=settings)
    await control.advance(days=7.1)
    assert (await again(api, made)).status == status
    if status == "paused":
        card = await api.v1.payment_methods.attach_async("pm_card_visa", {"customer": owner.id})
        await api.v1.subscriptions.update_async(made.id, {"default_payment_method": card.id})
        resumed = await api.v1.subscriptions.resume_async(made.id)
        assert (resumed.status, (await invoices(api, made))[-1].status) == ("active", "paid")


async def test_it_renews_every_month_on_the_same_day(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    ends = [made["items"].data[0].current_period_end]
    for _ in range(3):
        await control.advance(to=ends[-1] + 1)
        assert [i.status for i in await invoices(api, made)][-1] == "draft"
        await control.advance(seconds=3600)
        ends.append((await again(api, made))["items"].data[0].current_period_end)
    bills = await invoices(api, made)
    assert [(i.amount_paid, i.status, i.billing_reason) for i in bills[1:]] == [
        (1500, "paid", "subscription_cycle")
    ] * 3
    assert [bill.number for bill in bills] == [f"{owner.invoice_prefix}-{n:04d}" for n in (1, 2, 3, 4)]
    assert ends == sorted(set(ends))


async def test_dunning_tries_again_and_then_cancels(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, receiver: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    bad = await api.v1.payment_methods.attach_async("pm_card_chargeCustomerFail", {"customer": owner.id})
    await api.v1.customers.update_async(owner.id, {"invoice_settings": {"default_payment_method": bad.id}})
    await control.advance(to=made["items"].data[0].current_period_end + 3601)
    bill = (await invoices(api, made))[-1]
    assert (bill.status, bill.attempt_count, (await again(api, made)).status) == ("open", 1, "past_due")
    assert bill.next_payment_attempt is not None
    await control.advance(to=bill.next_payment_attempt + 1)
    assert (await again(api, made, "latest_invoice")).latest_invoice.attempt_count == 2  # type: ignore[union-attr]
    await control.advance(days=13)
    ended = await again(api, made)
    assert ended.cancellation_details is not None
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    await control.settle()
    assert receiver.types.count("invoice.payment_failed") == 4


async def test_a_new_card_rescues_a_past_due_subscription(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    bad = await api.v1.payment_methods.attach_async("pm_card_chargeCustomerFail", {"customer": owner.id})
    await api.v1.customers.update_async(owner.id, {"invoice_settings": {"default_payment_method": bad.id}})
    await control.advance(to=made["items"].data[0].current_period_end + 3601)
    bill = (await invoices(api, made))[-1]
    with pytest.raises(stripe.CardError):
        await api.v1.invoices.pay_async(bill.id)
    good = await api.v1.payment_methods.attach_async("pm_card_visa", {"customer": owner.id})
    await api.v1.customers.update_async(owner.id, {"invoice_settings": {"default_payment_method": good.id}})
    await control.advance(days=7)
    assert (await api.v1.invoices.retrieve_async(bill.id)).status == "paid"
    assert (await again(api, made)).status == "active"
