"""Intents carried out at the simulator through the real SDK: once, whatever breaks."""
# ruff: noqa: PLR0917

import pytest

from billing.domain.operations import Kind
from billing.executor import Executor
from billing.storage import operations
from billing.usecases.change_subscription import begin_cancellation, begin_change
from chassis.database import Context
from chassis.problems import Conflict
from contracts.ids import new_id

TEST = Context(actor="user:test")


@pytest.fixture
def states(rows):
    async def look(org_id):
        found = await rows("SELECT kind, state, attempts, generation, error_code FROM operations"
                           " WHERE org_id = $1 ORDER BY id", org_id)  # fmt: skip
        return [(row["kind"], row["state"], row["attempts"], row["generation"], row["error_code"]) for row in found]

    return look


@pytest.fixture
def change(live, catalogue):
    async def begin(org_id, **how):
        wanted = {"plan": None, "interval": None, "seats": None, "payment_method": None, "read": None}
        async with live.transaction(Context(actor="user:test", org_id=org_id)) as tx:
            return await begin_change(tx, org_id, catalogue, **(wanted | how))

    return begin


async def once(simulator, org_id):
    """There is one customer and one subscription."""
    found = [len(await simulator.of(kind, org_id)) for kind in ("customer", "subscription")]
    return found == [1, 1]


async def test_an_organization_gets_a_customer_and_then_free(executor, opened, simulator, told, states):
    org_id = await opened()
    await executor.turn()
    assert await once(simulator, org_id)
    assert [event[0] for event in await told(org_id)] == ["subscription.created", "entitlements.changed"]
    assert [state[:3] for state in await states(org_id)] == [
        ("create_customer", "succeeded", 1),
        ("create_subscription", "succeeded", 1),
    ]


async def test_died_between_call_and_commit_it_goes_on_with_the_same_key(executor, opened, simulator, live, told):
    org_id = await opened()
    for kind in (Kind.CREATE_CUSTOMER, Kind.CREATE_SUBSCRIPTION):
        async with live.transaction(TEST) as tx:
            intent = await operations.get_pending(tx, org_id)
        assert intent is not None
        assert intent.kind == kind
        await executor._attempt(intent)  # the call, and then nothing: the process is gone
        await executor.carry_out(intent)
    assert await once(simulator, org_id)
    assert len(await told(org_id)) == 2


async def test_after_the_keys_have_expired_it_looks_first(executor, opened, simulator, live, states):
    org_id = await opened()
    for _ in range(2):
        async with live.transaction(TEST) as tx:
            intent = await operations.get_pending(tx, org_id)
        assert intent is not None
        await executor._attempt(intent)
        await simulator.control("POST", "clock", {"days": 2})
        async with live.transaction(TEST) as tx:
            await tx.execute(
                "UPDATE operations SET first_tried_at = first_tried_at - interval '2 days' WHERE id = $1", intent.id
            )
            intent = await operations.get_pending(tx, org_id)
        await executor.carry_out(intent)
    assert await once(simulator, org_id)
    assert {state[3] for state in await states(org_id)} == {1}, "no call was made anew"


@pytest.mark.parametrize("fault", ["http_429", "http_500", "timeout_after_commit"])
@pytest.mark.parametrize("path", ["/v1/customers", "/v1/subscriptions"])
async def test_what_fails_is_tried_again_and_happens_once(executor, opened, simulator, states, due, fault, path):
    org_id = await opened()
    await simulator.arm(fault, method="POST", path=path)
    for _ in range(3):
        await executor.turn()
        await due()
    assert await once(simulator, org_id)
    attempts = {state[0]: state[2] for state in await states(org_id)}
    assert attempts["create_customer" if "customers" in path else "create_subscription"] == 2


async def test_a_plan_is_bought_with_a_card(executor, opened, simulator, told, change, live, catalogue):
    org_id = await opened()
    await executor.turn()
    await change(org_id, plan="pro", seats=3, payment_method="pm_card_visa")
    await executor.turn()
    updated, changed = (await told(org_id))[-2:]
    assert (updated[0], updated[2]["plan"], updated[2]["mrr"]["amount"]) == ("subscription.updated", "pro", 14700)
    assert (changed[0], changed[2]["seats"]) == ("entitlements.changed", 3)
    (subscription,) = await simulator.of("subscription", org_id)
    assert subscription["metadata"]["subscription_id"] == updated[2]["subscription_id"]
    paid = [
        invoice for invoice in await simulator.objects("invoice") if invoice["customer"] == subscription["customer"]
    ]
    assert sum(invoice["amount_paid"] for invoice in paid) > 0


async def test_a_declined_card_changes_nothing_and_says_why(executor, opened, told, change, states):
    org_id = await opened()
    await executor.turn()
    await change(org_id, plan="pro", seats=3, payment_method="pm_card_chargeCustomerFail")
    await executor.turn()
    assert (await states(org_id))[-1][1::3] == ("failed", "payment_declined")
    assert [event[0] for event in await told(org_id)] == ["subscription.created", "entitlements.changed"]
    await change(org_id, plan="pro", seats=3, payment_method="pm_card_visa")
    await executor.turn()
    assert (await told(org_id))[-1][2]["plan"] == "pro"


async def test_a_change_cut_off_after_stripe_did_it_is_done_once(executor, opened, simulator, told, change, due):
    org_id = await opened()
    await executor.turn()
    await simulator.arm("timeout_after_commit", method="POST", path="/v1/subscriptions/*")
    await change(org_id, plan="pro", seats=3, payment_method="pm_card_visa")
    await executor.turn()
    await due()
    await executor.turn()
    assert [event[0] for event in await told(org_id)].count("subscription.updated") == 1
    (customer,) = await simulator.of("customer", org_id)
    intents = [one for one in await simulator.objects("payment_intent") if one["customer"] == customer["id"]]
    assert len(intents) == 1, "charged once"


async def test_canceled_at_the_end_and_taken_back(executor, opened, told, change, live):
    org_id = await opened()
    await executor.turn()
    await change(org_id, plan="starter", payment_method="pm_card_visa")
    await executor.turn()
    for cancel in (True, False):
        async with live.transaction(TEST) as tx:
            await begin_cancellation(tx, org_id, cancel=cancel)
        await executor.turn()
        assert (await told(org_id))[-1][2]["cancel_at_period_end"] is cancel
    with pytest.raises(Conflict):
        async with live.transaction(TEST) as tx:
            await begin_cancellation(tx, org_id, cancel=False)


async def test_one_organizations_intents_are_carried_out_in_order(executor, opened, live):
    first, second = await opened(), await opened()
    async with live.transaction(TEST) as tx:
        later = await operations.insert_operation(tx, new_id(), first, Kind.SET_CANCELLATION, {})
        due = await operations.list_due(tx, 100)
        await tx.execute("DELETE FROM operations WHERE id = $1", later.id)
    mine = [one.kind for one in due if one.org_id in (first, second)]
    assert mine == [Kind.CREATE_CUSTOMER, Kind.CREATE_CUSTOMER]


async def test_two_executors_at_once_do_it_once(opened, executor, live, gateway, catalogue, simulator, told):
    org_id = await opened()
    other = Executor(live, gateway, catalogue)
    async with live.transaction(TEST) as tx:
        intent = await operations.get_pending(tx, org_id)
    await executor.carry_out(intent)
    await other.carry_out(intent)
    await executor.turn()
    assert await once(simulator, org_id)
    assert len(await told(org_id)) == 2
