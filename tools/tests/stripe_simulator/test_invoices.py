"""Single invoices: items, drafts, numbers, payment, and their other ends."""

from typing import Any

import pytest
import stripe


async def draft(api: stripe.StripeClient, owner: str, **more: Any) -> stripe.Invoice:
    await api.v1.invoice_items.create_async(
        {"customer": owner, "amount": 2000, "currency": "usd", "description": "One"}
    )
    params: Any = {"customer": owner, "pending_invoice_items_behavior": "include", **more}
    return await api.v1.invoices.create_async(params)


async def test_from_item_to_paid(api: stripe.StripeClient, customer: Any, control: Any, receiver: Any) -> None:
    owner = await customer()
    bill = await draft(api, owner.id, metadata={"order": "7"}, description="For you")
    assert (bill.status, bill.total, bill.number, bill.hosted_invoice_url) == ("draft", 2000, None, None)
    paid = await api.v1.invoices.pay_async(str(bill.id))
    assert (paid.status, paid.amount_paid, paid.number) == ("paid", 2000, f"{owner.invoice_prefix}-0001")
    lines = await api.v1.invoices.line_items.list_async(str(bill.id))
    assert [(line.amount, line.description) for line in lines.data] == [(2000, "One")]
    await control.settle()
    created = next(event for event in receiver.events if event["type"] == "invoice.created")
    assert (created["data"]["object"]["metadata"], created["data"]["object"]["description"]) == (
        {"order": "7"},
        "For you",
    )
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.invoices.pay_async(str(bill.id))


async def test_a_declined_payment_leaves_its_traces(api: stripe.StripeClient, customer: Any) -> None:
    owner = await customer("pm_card_chargeCustomerFail")
    bill = await draft(api, owner.id)
    with pytest.raises(stripe.CardError) as refused:
        await api.v1.invoices.pay_async(str(bill.id))
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == ("card_declined", "generic_decline")
    left = await api.v1.invoices.retrieve_async(str(bill.id))
    assert (left.status, left.attempt_count, left.attempted) == ("open", 1, True)
    assert [c.failure_code for c in (await api.v1.charges.list_async()).data] == ["card_declined"]


async def test_drafts_are_deleted_and_their_items_are_pending_again(api: stripe.StripeClient, customer: Any) -> None:
    owner = await customer()
    bill = await draft(api, owner.id)
    await api.v1.invoices.delete_async(str(bill.id))
    pending = await api.v1.invoice_items.list_async({"pending": True})
    assert [item.amount for item in pending.data] == [2000]
    await api.v1.invoice_items.delete_async(pending.data[0].id)
    assert (await api.v1.invoice_items.list_async()).data == []


async def test_what_is_final_is_voided_or_given_up(api: stripe.StripeClient, customer: Any) -> None:
    owner = await customer()
    first, second = await draft(api, owner.id), await draft(api, owner.id)
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.invoices.void_invoice_async(str(first.id))
    await api.v1.invoices.finalize_invoice_async(str(first.id))
    await api.v1.invoices.finalize_invoice_async(str(second.id))
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.invoices.delete_async(str(first.id))
    assert (await api.v1.invoices.void_invoice_async(str(first.id))).status == "void"
    lost = await api.v1.invoices.mark_uncollectible_async(str(second.id))
    assert lost.status == "uncollectible"
    assert (await api.v1.invoices.pay_async(str(second.id), {"paid_out_of_band": True})).status == "paid"
    assert (await api.v1.charges.list_async()).data == []


async def test_a_sent_invoice_waits_for_its_customer(
    api: stripe.StripeClient, customer: Any, control: Any, receiver: Any
) -> None:
    owner = await customer(None)
    bill = await draft(api, owner.id, collection_method="send_invoice", days_until_due=14, auto_advance=True)
    await control.advance(seconds=3601)
    await control.settle()
    due = await api.v1.invoices.retrieve_async(str(bill.id))
    assert due.status_transitions.finalized_at is not None
    assert (due.status, due.due_date) == ("open", due.status_transitions.finalized_at + 14 * 86_400)
    assert receiver.types[-1] == "invoice.sent"


async def test_a_payment_is_reserved_and_captured(api: stripe.StripeClient) -> None:
    held = await api.v1.payment_intents.create_async(
        {
            "amount": 500,
            "currency": "jpy",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "capture_method": "manual",
        }
    )
    assert (held.status, held.amount_capturable) == ("requires_capture", 500)
    taken = await api.v1.payment_intents.capture_async(held.id, {"amount_to_capture": 300})
    assert (taken.status, taken.amount_received) == ("succeeded", 300)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.payment_intents.cancel_async(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize("token", ["pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"])
async def test_some_cards_cannot_even_be_attached(api: stripe.StripeClient, customer: Any, token: str) -> None:
    owner = await customer(None)
    with pytest.raises(stripe.CardError):
        await api.v1.payment_methods.attach_async(token, {"customer": owner.id})
    assert (await api.v1.customers.payment_methods.list_async(owner.id)).data == []


async def test_a_detached_card_is_gone_for_good(api: stripe.StripeClient, customer: Any) -> None:
    owner = await customer()
    card = (await api.v1.payment_methods.list_async({"customer": owner.id})).data[0]
    await api.v1.payment_methods.detach_async(card.id)
    settings = (await api.v1.customers.retrieve_async(owner.id)).invoice_settings
    assert settings is not None
    assert settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.payment_methods.attach_async(card.id, {"customer": owner.id})
