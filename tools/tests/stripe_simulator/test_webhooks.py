"""Signed webhooks: what is told, to whom, again after a failure, and all that can go wrong on the way."""

from typing import Any

import pytest
import stripe

SECRET = "whsec_test"


async def test_the_sdk_verifies_what_arrives(api: stripe.StripeClient, control: Any, receiver: Any) -> None:
    made = await api.v1.customers.create_async({"name": "Ada"}, {"idempotency_key": "k1"})
    await control.settle()
    body, signature = receiver.raw[0]
    event = api.construct_event(body, signature, SECRET)
    assert (event.type, event.data.object["id"], event.api_version) == ("customer.created", made.id, stripe.api_version)
    assert event.request is not None
    assert event.request.idempotency_key == "k1"
    with pytest.raises(stripe.SignatureVerificationError):
        api.construct_event(body, signature, "whsec_other")
    assert (await api.v1.events.retrieve_async(event.id)).pending_webhooks == 0


async def test_an_update_tells_what_it_was_before(api: stripe.StripeClient, control: Any, receiver: Any) -> None:
    made = await api.v1.customers.create_async({"name": "Ada", "metadata": {"a": "1", "b": "2"}})
    await api.v1.customers.update_async(made.id, {"name": "Ada L.", "metadata": {"a": "3"}})
    await api.v1.customers.update_async(made.id, {"name": "Ada L."})
    await control.settle()
    assert receiver.types == ["customer.created", "customer.updated"]
    assert receiver.events[1]["data"]["previous_attributes"] == {"name": "Ada", "metadata": {"a": "1"}}


async def test_an_endpoint_gets_what_it_enabled(api: stripe.StripeClient, control: Any, receiver: Any) -> None:
    endpoint = await api.v1.webhook_endpoints.create_async(
        {"url": receiver.url + "?two", "enabled_events": ["product.created"]}
    )
    assert endpoint.secret is not None
    await api.v1.customers.create_async({"name": "Ada"})
    await api.v1.products.create_async({"name": "Pro"})
    await control.settle()
    assert sorted(receiver.types) == ["customer.created", "product.created", "product.created"]
    verified = [body for body, signature in receiver.raw if _verifies(api, body, signature, endpoint.secret)]
    assert len(verified) == 1
    assert "secret" not in await api.v1.webhook_endpoints.retrieve_async(endpoint.id)
    await api.v1.webhook_endpoints.delete_async(endpoint.id)
    assert len((await api.v1.webhook_endpoints.list_async()).data) == 1


def _verifies(api: stripe.StripeClient, body: bytes, signature: str, secret: str) -> bool:
    try:
        api.construct_event(body, signature, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


async def test_a_failure_is_tried_again_on_the_simulators_clock(
    api: stripe.StripeClient, control: Any, receiver: Any
) -> None:
    receiver.statuses = [500, 302, 200]
    await api.v1.customers.create_async({"name": "Ada"})
    await control.settle()
    event = (await api.v1.events.list_async()).data[0]
    assert (len(receiver.raw), event.pending_webhooks) == (1, 1)
    await control.advance(seconds=299)
    await control.settle()
    assert len(receiver.raw) == 1
    await control.advance(seconds=2)
    await control.settle()
    await control.advance(seconds=1801)
    await control.settle()
    assert receiver.types == ["customer.created"] * 3
    entry = (await control.deliveries())[-1]
    assert (entry["state"], [attempt["status"] for attempt in entry["attempts"]]) == ("delivered", [500, 302, 200])


async def test_after_three_days_it_is_given_up_but_the_event_is_listed(
    api: stripe.StripeClient, control: Any, receiver: Any
) -> None:
    receiver.statuses = [500] * 100
    await api.v1.customers.create_async({"name": "Ada"})
    await control.settle()
    await control.advance(days=4)
    await control.settle()
    entry = (await control.deliveries())[-1]
    assert (entry["state"], len(entry["attempts"]) >= 8) == ("failed", True)
    missed = await api.v1.events.list_async({"delivery_success": False, "types": ["customer.*"]})
    assert [event.type for event in missed.data] == ["customer.created"]
    await control.advance(days=31)
    assert (await api.v1.events.list_async()).data == []


async def test_webhooks_are_duplicated_dropped_delayed_and_reordered(
    api: stripe.StripeClient, control: Any, receiver: Any
) -> None:
    for kind, path in (
        ("duplicate_webhook", "customer.created"),
        ("drop_webhook", "product.created"),
        ("delay_webhook", "customer.deleted"),
    ):
        await control.fault(kind, seconds=600, match={"event": path})
    await control.fault("reorder_webhooks", count=2, seconds=60, match={"event": "customer.updated"})
    made = await api.v1.customers.create_async({"name": "0"})
    await api.v1.products.create_async({"name": "Pro"})
    for name in ("1", "2", "3"):
        await api.v1.customers.update_async(made.id, {"name": name})
    await api.v1.customers.delete_async(made.id)
    await control.settle()
    assert receiver.types == ["customer.created"] * 2 + ["customer.updated"]
    assert receiver.events[0]["id"] == receiver.events[1]["id"]
    await control.advance(seconds=61)
    await control.settle()
    updates = [event["data"]["object"]["name"] for event in receiver.events if event["type"] == "customer.updated"]
    assert updates == ["3", "2", "1"]
    await control.advance(seconds=600)
    await control.settle()
    assert receiver.types[-1] == "customer.deleted"
    assert "product.created" not in receiver.types


async def test_a_webhook_can_be_there_before_the_answer(api: stripe.StripeClient, control: Any, receiver: Any) -> None:
    await control.fault("webhook_before_response")
    await api.v1.customers.create_async({"name": "Ada"})
    assert receiver.types == ["customer.created"]


async def test_events_are_listed_by_type_and_time(api: stripe.StripeClient) -> None:
    await api.v1.customers.create_async({"name": "Ada"})
    product = await api.v1.products.create_async({"name": "Pro"})
    found = await api.v1.events.list_async({"type": "product.*"})
    assert [(event.type, event.data.object["id"]) for event in found.data] == [("product.created", product.id)]
    assert (await api.v1.events.list_async({"created": {"gt": product.created + 60}})).data == []
    assert len((await api.v1.events.list_async({"created": {"gte": product.created - 60}})).data) == 2
