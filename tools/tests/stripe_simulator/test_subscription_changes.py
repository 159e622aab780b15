"""Changes of running subscriptions, with prorations, and their ends."""

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


async def test_an_upgrade_in_the_middle_is_prorated_by_the_second(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro, big = await customer(), await price(3000), await price(9000)
    made = await subscribe(api, owner.id, pro.id)
    item = made["items"].data[0]
    start, end = item.current_period_start, item.current_period_end
    half = start + (end - start) // 2
    await control.advance(to=half)
    changed = await api.v1.subscriptions.update_async(
        made.id,
        {
            "items": [{"id": item.id, "price": big.id}],
            "proration_behavior": "always_invoice",
            "proration_date": half,
            "expand": ["latest_invoice"],
        },
    )
    invoice = changed.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert [line.amount for line in invoice.lines.data] == [-1500, 4500]
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 3000, "subscription_update")
    assert changed["items"].data[0].current_period_end == end


async def test_a_downgrade_is_credited_on_the_next_invoice(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, seat = await customer(), await price(1000)
    made = await subscribe(api, owner.id, seat.id, items=[{"price": seat.id, "quantity": 4}])
    item = made["items"].data[0]
    middle = item.current_period_start + (item.current_period_end - item.current_period_start) // 2
    await control.advance(to=middle)
    await api.v1.subscriptions.update_async(
        made.id, {"items": [{"id": item.id, "quantity": 2}], "proration_date": middle}
    )
    assert len(await invoices(api, made)) == 1
    await control.advance(to=item.current_period_end + 3601)
    renewal = (await invoices(api, made))[-1]
    assert sorted(line.amount for line in renewal.lines.data) == [-2000, 1000, 2000]
    assert renewal.amount_paid == 1000


async def test_no_proration_changes_nothing_until_renewal(api: stripe.StripeClient, customer: Any, price: Any) -> None:
    owner, pro = await customer(), await price(1000)
    made = await subscribe(api, owner.id, pro.id)
    item = made["items"].data[0]
    changed = await api.v1.subscriptions.update_async(
        made.id, {"items": [{"id": item.id, "quantity": 3}], "proration_behavior": "none"}
    )
    assert changed["items"].data[0].quantity == 3
    assert (await api.v1.invoice_items.list_async()).data == []


async def test_from_free_to_paid_starts_a_new_period_and_charges(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, receiver: Any
) -> None:
    owner, free, pro = await customer(), await price(0), await price(1500)
    made = await subscribe(api, owner.id, free.id)
    await control.advance(days=10)
    item = made["items"].data[0]
    changed = await api.v1.subscriptions.update_async(
        made.id, {"items": [{"id": item.id, "price": pro.id}], "payment_behavior": "error_if_incomplete"}
    )
    assert changed["items"].data[0].current_period_start >= made.created + 10 * DAY
    assert [(i.total, i.status) for i in await invoices(api, made)] == [(0, "paid"), (1500, "paid")]
    await control.settle()
    updated = next(e for e in receiver.events if e["type"] == "customer.subscription.updated")
    assert updated["data"]["previous_attributes"]["items"]["data"][0]["price"]["id"] == free.id


async def test_a_declined_upgrade_with_error_if_incomplete_changes_nothing(
    api: stripe.StripeClient, customer: Any, price: Any
) -> None:
    owner, free, pro = await customer("pm_card_chargeCustomerFail"), await price(0), await price(1500)
    made = await subscribe(api, owner.id, free.id)
    item = made["items"].data[0]
    with pytest.raises(stripe.CardError):
        await api.v1.subscriptions.update_async(
            made.id, {"items": [{"id": item.id, "price": pro.id}], "payment_behavior": "error_if_incomplete"}
        )
    current = await again(api, made)
    assert (current["items"].data[0].price.id, len(await invoices(api, made))) == (free.id, 1)


async def test_the_end_at_the_end_of_the_period_can_be_taken_back(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, receiver: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    end = made["items"].data[0].current_period_end
    ending = await api.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": True})
    assert (ending.status, ending.cancel_at) == ("active", end)
    back = await api.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": False})
    assert (back.cancel_at, back.canceled_at) == (None, None)
    await api.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": True})
    await control.advance(to=end + 1)
    await control.settle()
    ended = await again(api, made)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert receiver.types[-1] == "customer.subscription.deleted"
    assert len(await invoices(api, made)) == 1


async def test_the_end_now(api: stripe.StripeClient, customer: Any, price: Any) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    assert (await api.v1.subscriptions.cancel_async(made.id)).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.subscriptions.cancel_async(made.id)
    assert (await api.v1.subscriptions.list_async({"customer": owner.id})).data == []
    every = await api.v1.subscriptions.list_async({"customer": owner.id, "status": "all"})
    assert [found.status for found in every.data] == ["canceled"]


async def test_a_shorter_bill_leaves_credit_that_the_next_one_uses(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, seat = await customer(), await price(1000)
    made = await subscribe(api, owner.id, seat.id, items=[{"price": seat.id, "quantity": 10}])
    item = made["items"].data[0]
    middle = item.current_period_start + (item.current_period_end - item.current_period_start) // 2
    await control.advance(to=middle)
    fewer: Any = {"items": [{"id": item.id, "quantity": 2}], "proration_behavior": "always_invoice"}
    await api.v1.subscriptions.update_async(made.id, {**fewer, "proration_date": middle})
    credit = (await invoices(api, made))[-1]
    assert (credit.total, credit.amount_due, credit.status, credit.ending_balance) == (-4000, 0, "paid", -4000)
    assert (await api.v1.customers.retrieve_async(owner.id)).balance == -4000
    await control.advance(to=item.current_period_end + 3601)
    renewal = (await invoices(api, made))[-1]
    assert (renewal.total, renewal.amount_due, renewal.starting_balance, renewal.ending_balance) == (
        2000,
        0,
        -4000,
        -2000,
    )


async def test_from_monthly_to_yearly_credits_the_rest_and_charges_the_year(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, monthly = await customer(), await price(3000)
    yearly = await price(30_000, recurring={"interval": "year"})
    made = await subscribe(api, owner.id, monthly.id)
    item = made["items"].data[0]
    middle = item.current_period_start + (item.current_period_end - item.current_period_start) // 2
    await control.advance(to=middle)
    changed = await api.v1.subscriptions.update_async(
        made.id, {"items": [{"id": item.id, "price": yearly.id}], "proration_date": middle}
    )
    bill = (await invoices(api, made))[-1]
    assert ([line.amount for line in bill.lines.data], bill.amount_paid) == ([-1500, 30_000], 28_500)
    assert changed["items"].data[0].current_period_end - changed["items"].data[0].current_period_start >= 365 * DAY


@pytest.mark.parametrize("behavior", ["always_invoice", "create_prorations", "none"])
async def test_the_preview_is_what_is_charged_and_changes_nothing(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any, behavior: Any
) -> None:
    owner, pro, big = await customer(), await price(1999), await price(7777)
    made = await subscribe(api, owner.id, pro.id)
    item = made["items"].data[0]
    moment = item.current_period_start + 1_234_567
    await control.advance(to=moment)
    change: Any = {"items": [{"id": item.id, "price": big.id, "quantity": 3}], "proration_behavior": behavior}
    change["proration_date"] = moment
    preview = await api.v1.invoices.create_preview_async({"subscription": made.id, "subscription_details": change})
    assert preview.id is not None
    assert preview.id.startswith("upcoming_in_")
    assert ((await again(api, made))["items"].data[0].price.id, len(await invoices(api, made))) == (pro.id, 1)
    await api.v1.subscriptions.update_async(made.id, change)
    await control.advance(to=item.current_period_end + 3601)
    bills = await invoices(api, made)
    charged = bills[1] if behavior == "always_invoice" else bills[-1]
    assert (preview.total, preview.amount_due) == (charged.total, charged.amount_paid)
    assert [line.amount for line in preview.lines.data] == [line.amount for line in charged.lines.data]


async def test_what_a_new_subscription_would_cost(api: stripe.StripeClient, customer: Any, price: Any) -> None:
    owner, pro = await customer(None), await price(1500)
    preview = await api.v1.invoices.create_preview_async(
        {"customer": owner.id, "subscription_details": {"items": [{"price": pro.id, "quantity": 2}]}}
    )
    assert (preview.amount_due, preview.status, preview.number) == (3000, "draft", None)
    assert (await api.v1.subscriptions.list_async({"status": "all"})).data == []
    assert (await api.v1.events.list_async({"type": "invoice.*"})).data == []


async def test_paused_collection_voids_until_it_is_resumed(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    end = made["items"].data[0].current_period_end
    await api.v1.subscriptions.update_async(
        made.id, {"pause_collection": {"behavior": "void", "resumes_at": end + DAY}}
    )
    await control.advance(to=end + 2 * DAY)
    current = await again(api, made)
    assert (current.status, current.pause_collection) == ("active", None)
    await control.advance(days=31)
    assert [bill.status for bill in await invoices(api, made)] == ["paid", "void", "paid"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"items": [{"id": "si_none", "quantity": 1}]}, "items[0][id]"),
        ({"items": [{"price": "price_none"}]}, "items[0][price]"),
        ({"items": [{"quantity": -1, "price": "p"}]}, "items[0][quantity]"),
        ({"items": [], "proration_date": 1, "billing_cycle_anchor": "now"}, "proration_date"),
        ({"default_payment_method": "pm_none"}, "default_payment_method"),
        ({"trial_end": 5}, "trial_end"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
    ],
)
async def test_a_wrong_change_is_refused(
    *, api: stripe.StripeClient, customer: Any, price: Any, change: Any, param: str
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.subscriptions.update_async(made.id, change)
    assert refused.value.param == param
    assert (await again(api, made)).to_dict() == {**made.to_dict(), "latest_invoice": made.latest_invoice}


async def test_deleting_the_customer_ends_everything_and_time_goes_on(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner, pro = await customer(), await price(1500)
    made = await subscribe(api, owner.id, pro.id)
    await api.v1.invoices.create_async({"customer": owner.id, "auto_advance": True, "currency": "usd"})
    await api.v1.customers.delete_async(owner.id)
    await control.advance(days=40)
    assert (await again(api, made)).status == "canceled"
