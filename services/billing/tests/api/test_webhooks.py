"""The door for Stripe's deliveries: believed only as signed, kept as they came, answered at once."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from billing.domain.signatures import sign


@pytest.fixture
def kept(rows):
    async def look(external_id):
        return await rows("SELECT * FROM webhooks WHERE external_id = $1", external_id)

    return look


@pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
async def test_a_delivery_is_kept_byte_for_byte(site, stripe_tells, kept, secret):
    event = stripe_tells().event("customer.subscription.updated", {"id": "sub_1"})
    body = b" " + orjson.dumps(event) + b"\n"
    status, answer, _ = await site.push(body, secret)
    assert (status, answer) == (204, None)
    (row,) = await kept(event["id"])
    assert (row["body"], row["state"], row["type"]) == (body, "pending", "customer.subscription.updated")
    assert orjson.loads(row["headers"])["Stripe-Signature"].startswith("t=")


async def test_the_same_delivery_twice_is_kept_once_and_answered_twice(site, stripe_tells, kept):
    event = stripe_tells().event("invoice.paid", {"id": "in_1"})
    assert [(await site.push(event))[0] for _ in range(2)] == [204, 204]
    assert len(await kept(event["id"])) == 1


NOTHING = b'{"id": "evt_x", "type": "t"}'


@pytest.mark.parametrize(
    "header",
    [
        lambda _: "",
        lambda _: "t=1,v1=00",
        lambda now: sign(b"{}", "whsec_new", now),
        lambda now: sign(NOTHING, "whsec_new", now - timedelta(minutes=6)),
        lambda now: sign(NOTHING, "whsec_new", now + timedelta(minutes=6)),
        lambda now: sign(NOTHING, "whsec_stolen", now),
    ],
    ids=["absent", "no signature", "another body", "too old", "from the future", "another secret"],
)
async def test_forged_old_and_future_ones_are_refused_and_not_kept(site, kept, header):
    status, problem, _ = await site.push(NOTHING, **{"Stripe-Signature": header(datetime.now(UTC))})
    assert (status, problem["code"]) == (400, "signature_invalid")
    assert not await kept("evt_x")


async def test_signed_bytes_that_are_no_event_are_kept_too(site, rows):
    for body in (b"not json", b"[]", b'{"id": 5, "type": "x"}', b'{"id": "' + b"x" * 300 + b'", "type": "x"}'):
        assert (await site.push(body))[0] == 204
    found = await rows("SELECT external_id FROM webhooks WHERE type = 'unreadable'")
    assert len(found) == 4


async def test_a_delivery_has_a_size(site):
    status, problem, _ = await site.push(b"x" * (512 * 1024 + 1))
    assert (status, problem["code"]) == (413, "body_too_large")
