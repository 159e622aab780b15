"""/v1/billing/subscription at the door: who may, what is refused, what is intended."""

import asyncio

import orjson
import pytest

PATH = "/v1/billing/subscription"
PRO = {"plan": "pro", "seats": 3, "payment_method": "pm_card_visa"}


@pytest.fixture
def intents(rows):
    async def look(org_id):
        found = await rows("SELECT * FROM operations WHERE org_id = $1 ORDER BY id", org_id)
        return [row | {"parameters": orjson.loads(row["parameters"])} for row in found]

    return look


async def test_the_subscription_is_shown_with_its_version(site, subscribed):
    customer = await subscribed("pro", 3)
    status, answer, headers = await site.call("GET", PATH, customer.org_id)
    assert status == 200
    assert (answer["plan"], answer["seats"], answer["mrr"]["amount"]) == ("pro", 3, 14700)
    assert headers["ETag"] == '"1"'


async def test_until_it_is_there_it_is_not_found(site, subscribed, stranger):
    customer = await subscribed(None)
    for org_id in (customer.org_id, stranger):
        status, problem, _ = await site.call("GET", PATH, org_id)
        assert (status, problem["code"]) == (404, "subscription_not_ready")


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("admin", 200, 403), ("billing_manager", 200, 202), ("member", 403, 403)]
)
async def test_who_may(site, subscribed, role, reads, writes):
    customer = await subscribed()
    assert (await site.call("GET", PATH, customer.org_id, role))[0] == reads
    assert (await site.call("POST", PATH, customer.org_id, role, json=PRO))[0] == writes


async def test_a_purchase_is_an_intent_with_all_it_takes(site, subscribed, intents):
    customer = await subscribed()
    status, operation, _ = await site.call("POST", PATH, customer.org_id, json=PRO)
    assert (status, operation["state"]) == (202, "pending")
    (intent,) = await intents(customer.org_id)
    assert str(intent["id"]) == operation["operation_id"]
    assert intent["parameters"] == {
        "customer": customer.customer,
        "subscription": customer.stripe_id,
        "item": f"si_{customer.stripe_id}",
        "lookup_key": "pro_month_v1",
        "quantity": 3,
        "proration": "always_invoice",
        "payment_method": "pm_card_visa",
    }
    status, shown, _ = await site.call("GET", f"/v1/operations/{intent['id']}", customer.org_id)
    assert (status, shown) == (200, operation)


async def test_another_organization_never_sees_the_operation(site, subscribed, stranger):
    customer = await subscribed()
    _, operation, _ = await site.call("POST", PATH, customer.org_id, json=PRO)
    assert (await site.call("GET", f"/v1/operations/{operation['operation_id']}", stranger))[0] == 404


async def test_a_double_click_is_one_intent(site, subscribed, intents):
    customer = await subscribed()
    answers = await asyncio.gather(*(site.call("POST", PATH, customer.org_id, json=PRO) for _ in range(4)))
    assert sorted(answer[0] for answer in answers) == [202, 409, 409, 409]
    assert {answer[1]["code"] for answer in answers if answer[0] == 409} == {"change_in_progress"}
    assert len(await intents(customer.org_id)) == 1


async def test_a_replayed_key_is_the_same_intent(site, subscribed, intents, stranger):
    customer = await subscribed()
    how = {"json": PRO, "user_id": stranger, "headers": {"Idempotency-Key": "click-1"}}
    first = await site.call("POST", PATH, customer.org_id, **how)
    how["headers"] = {"Idempotency-Key": "click-1"}
    again = await site.call("POST", PATH, customer.org_id, **how)
    assert (first[0], again[0]) == (202, 202)
    assert first[1] == again[1]
    assert again[2]["Idempotency-Replayed"] == "true"
    assert len(await intents(customer.org_id)) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"plan": "gold"}, 422, "plan_unknown"),
        ({"plan": "starter", "seats": 3}, 422, "seats_not_sold"),
        ({"plan": "enterprise", "seats": 9}, 422, "seats_not_sold"),
        ({"plan": "pro", "seats": 0}, 422, None),
        ({"plan": "pro", "payment_method": "4242424242424242"}, 422, None),
        ({"plan": "pro", "card": "4242"}, 422, "unknown_field"),
        ({"plan": "free"}, 409, "nothing_changes"),
        ({"plan": "pro"}, 402, "payment_method_required"),
    ],
)
async def test_what_is_refused_before_stripe_is_asked(site, subscribed, intents, body, status, code):  # noqa: PLR0917
    customer = await subscribed()
    got, problem, _ = await site.call("POST", PATH, customer.org_id, json=body)
    assert got == status
    if code is not None:
        assert code in {problem["code"], *(error["code"] for error in problem.get("errors", []))}
    assert not await intents(customer.org_id)


async def test_a_paid_subscription_is_changed_not_bought_again(site, subscribed):
    customer = await subscribed("pro", 3)
    status, problem, _ = await site.call("POST", PATH, customer.org_id, json=PRO)
    assert (status, problem["code"]) == (409, "already_subscribed")


async def test_a_change_needs_the_version_it_is_based_on(site, subscribed, intents):
    customer = await subscribed("pro", 3)
    change = {"json": {"seats": 2}}
    assert (await site.call("PATCH", PATH, customer.org_id, **change))[0] == 428
    assert (await site.call("PATCH", PATH, customer.org_id, headers={"If-Match": '"7"'}, **change))[0] == 412
    assert (await site.call("PATCH", PATH, customer.org_id, headers={"If-Match": '"1"'}, **change))[0] == 402
    change["json"]["payment_method"] = "pm_card_visa"
    assert (await site.call("PATCH", PATH, customer.org_id, headers={"If-Match": '"1"'}, **change))[0] == 202
    (intent,) = await intents(customer.org_id)
    assert (intent["parameters"]["quantity"], intent["parameters"]["proration"]) == (2, "create_prorations")


async def test_only_what_goes_on_can_be_canceled_and_only_what_ends_resumed(site, subscribed):
    free, paid = await subscribed(), await subscribed("pro", 3)
    for org_id, verb, status in (
        (free.org_id, "cancel", 409),
        (free.org_id, "resume", 409),
        (paid.org_id, "resume", 409),
    ):
        assert (await site.call("POST", f"{PATH}/{verb}", org_id))[0] == status
    assert (await site.call("POST", f"{PATH}/cancel", paid.org_id))[0] == 202
