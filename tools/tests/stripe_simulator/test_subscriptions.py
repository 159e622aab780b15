"""The start of subscriptions: paid, free, incomplete, declined, authenticated."""

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


async def test_a_paid_subscription_is_active_with_its_invoice_paid(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, receiver: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(
        api, owner.id, pro.id, metadata={"org": "1"}, expand=["latest_invoice.payments.data.payment.payment_intent"]
    )
    item = made["items"].data[0]
    assert (made.status, item.price.id, item.quantity) == ("active", pro.id, 1)
    assert 28 * DAY <= item.current_period_end - item.current_period_start <= 31 * DAY
    invoice = made.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 1500, "subscription_create")
    assert invoice.parent is not None
    assert invoice.parent.subscription_details is not None
    assert invoice.parent.subscription_details.subscription == made.id
    assert invoice.payments is not None
    payment = invoice.payments.data[0].payment.payment_intent
    assert isinstance(payment, stripe.PaymentIntent)
    assert (payment.status, payment.amount_received) == ("succeeded", 1500)
    await control.settle()
    told = [told for told in receiver.types if told.startswith(("customer.subscription", "invoice.p", "invoice.c"))]
    assert told == [
        "invoice.created",
        "customer.subscription.created",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]
    states = [e["data"]["object"]["status"] for e in receiver.events if e["type"].startswith("customer.subscription")]
    assert states == ["incomplete", "active"]


async def test_free_needs_no_card(api: stripe.StripeClient, customer: Any, price: Any) -> None:
    owner, free = await customer(None), await price(0)
    made = await subscribe(api, owner.id, free.id)
    first = (await invoices(api, made))[0]
    assert (made.status, first.status, first.total) == ("active", "paid", 0)
    listed = await api.v1.subscriptions.list_async({"customer": owner.id, "status": "active"})
    assert [found.id for found in listed.data] == [made.id]


async def test_without_a_card_nothing_that_costs_can_start(api: stripe.StripeClient, customer: Any, price: Any) -> None:
    owner, pro = await customer(None), await price(1500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await subscribe(api, owner.id, pro.id)
    assert refused.value.code == "resource_missing"
    assert (await api.v1.subscriptions.list_async({"status": "all"})).data == []
    assert (await api.v1.invoices.list_async()).data == []


async def test_default_incomplete_waits_for_the_customer_and_expires(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer(None), await price(1500)
    options = {"payment_behavior": "default_incomplete", "expand": ["latest_invoice.confirmation_secret"]}
    paid = await subscribe(api, owner.id, pro.id, **options)
    late = await subscribe(api, owner.id, pro.id, **options)
    assert (paid.status, late.status) == ("incomplete", "incomplete")
    assert isinstance(paid.latest_invoice, stripe.Invoice)
    assert paid.latest_invoice.confirmation_secret is not None
    intent = paid.latest_invoice.confirmation_secret.client_secret.partition("_secret_")[0]
    confirmed = await api.v1.payment_intents.confirm_async(intent, {"payment_method": "pm_card_visa"})
    assert confirmed.status == "succeeded"
    assert (await again(api, paid)).status == "active"
    await control.advance(seconds=23 * 3600 + 1)
    assert (await again(api, late)).status == "incomplete_expired"
    assert [invoice.status for invoice in await invoices(api, late)] == ["void"]
    intents = (await api.v1.payment_intents.list_async()).data
    assert sorted(intent.status for intent in intents) == ["canceled", "succeeded"]


async def test_a_declined_first_payment(api: stripe.StripeClient, customer: Any, price: Any, control: Any) -> None:
    owner, pro = await customer("pm_card_chargeCustomerFail"), await price(1500)
    with pytest.raises(stripe.CardError) as refused:
        await subscribe(api, owner.id, pro.id, payment_behavior="error_if_incomplete")
    assert (refused.value.code, refused.value.http_status) == ("card_declined", 402)
    assert (await api.v1.subscriptions.list_async({"status": "all"})).data == []
    made = await subscribe(api, owner.id, pro.id, payment_behavior="allow_incomplete")
    assert made.status == "incomplete"
    assert isinstance(made.latest_invoice, str)
    card = await api.v1.payment_methods.attach_async("pm_card_visa", {"customer": owner.id})
    invoice = await api.v1.invoices.pay_async(made.latest_invoice, {"payment_method": card.id})
    assert (invoice.status, (await again(api, made)).status) == ("paid", "active")


async def test_three_d_secure_leaves_it_incomplete_until_the_customer_acts(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer("pm_card_threeDSecure2Required"), await price(1500)
    made = await subscribe(api, owner.id, pro.id, expand=["latest_invoice.payments.data.payment.payment_intent"])
    assert isinstance(made.latest_invoice, stripe.Invoice)
    assert made.latest_invoice.payments is not None
    intent = made.latest_invoice.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (made.status, intent.status) == ("incomplete", "requires_action")
    page = await control.http.get(f"/_pages/authenticate/{intent.id}")
    assert page.status == 200
    done = await control.http.post(f"/_control/payment_intents/{intent.id}/authenticate", json={"success": True})
    assert (await done.json())["status"] == "succeeded"
    assert (await again(api, made)).status == "active"
