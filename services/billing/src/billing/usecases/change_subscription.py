"""Subscribe, change plan or seats, cancel, resume: the intents that a person states."""

from uuid import UUID

from billing.domain.operations import Kind, Operation
from billing.domain.plans import Catalogue, Interval, Plan, UnknownPlan, seats_of
from billing.domain.subscriptions import ENTITLING, monthly
from billing.storage import accounts, operations, subscriptions
from billing.storage.accounts import Account
from billing.storage.subscriptions import Subscription
from billing.usecases.intend import intend
from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import Conflict, PaymentRequired, invalid_field


async def begin_change(
    tx: Tx,
    org_id: UUID,
    catalogue: Catalogue,
    *,
    plan: str | None,
    interval: Interval | None,
    seats: int | None,
    payment_method: str | None,
    read: IfMatch | None,
) -> Operation:
    """State the intent; what is absent stays as it is. `read` is absent for a first purchase, which needs Free.

    Raises Conflict, PreconditionFailed, PaymentRequired or Invalid.
    """
    account, current = await _settled(tx, org_id)
    _check_read(current, read)
    bought = _plan(catalogue, plan or current.state.plan)
    paid = interval or current.state.interval
    wanted = _seats(bought, seats, current)
    _refuse_no_change(current, bought, paid, wanted, payment_method)
    sold = bought.offered
    before, after = current.state.mrr, monthly(sold.charge(paid, wanted), paid)
    if after > 0 and payment_method is None and account.payment_method is None:
        raise PaymentRequired("payment_method_required", "This plan costs money: name a payment method.")
    parameters = {
        "customer": account.stripe_customer,
        "subscription": current.state.stripe_id,
        "item": current.state.stripe_item,
        "lookup_key": catalogue.price(bought.code, sold.version, paid).lookup_key,
        "quantity": wanted if sold.per_seat else 1,
        "proration": "always_invoice" if after > before else "create_prorations",
        "payment_method": payment_method,
    }
    return await intend(tx, org_id, Kind.CHANGE_SUBSCRIPTION, parameters)


async def begin_cancellation(tx: Tx, org_id: UUID, *, cancel: bool) -> Operation:
    """Intend to end a paid subscription with its period, or to take that back. Raises Conflict."""
    _, current = await _settled(tx, org_id)
    if cancel and (current.state.mrr == 0 or current.state.cancel_at_period_end):
        raise Conflict("nothing_to_cancel", "There is no paid subscription that goes on.")
    if not cancel and not current.state.cancel_at_period_end:
        raise Conflict("nothing_to_resume", "The subscription is not about to end.")
    parameters = {"subscription": current.state.stripe_id, "cancel": cancel}
    return await intend(tx, org_id, Kind.SET_CANCELLATION, parameters)


async def _settled(tx: Tx, org_id: UUID) -> tuple[Account, Subscription]:
    """The account, held, and its subscription. Raises Conflict while another intent is on its way."""
    account = await accounts.lock_account(tx, org_id)
    current = await subscriptions.get_current(tx, org_id) if account else None
    if account is None or current is None or account.stripe_customer is None:
        raise Conflict("subscription_not_ready", "The subscription is being set up; try again in a moment.")
    if await operations.get_pending(tx, org_id) is not None:
        raise Conflict("change_in_progress", "Another change is still being carried out.")
    return account, current


def _check_read(current: Subscription, read: IfMatch | None) -> None:
    if read is not None:
        read.check(current.version)
    elif current.state.mrr > 0:
        raise Conflict("already_subscribed", "There is a paid subscription: change it with PATCH.")


def _plan(catalogue: Catalogue, code: str) -> Plan:
    try:
        return catalogue.plan(code)
    except UnknownPlan as error:
        raise invalid_field("/plan", "plan_unknown", f"{error}.") from None


def _seats(plan: Plan, wanted: int | None, current: Subscription) -> int:
    """Who changes seats or interval within a per-seat plan keeps the rest."""
    if wanted is None and plan.offered.per_seat and current.state.plan == plan.code:
        wanted = current.state.seats
    try:
        return seats_of(plan.offered, wanted)
    except ValueError as error:
        raise invalid_field("/seats", "seats_not_sold", f"{error}.".capitalize()) from None


def _refuse_no_change(
    current: Subscription, plan: Plan, interval: Interval, seats: int, payment_method: str | None
) -> None:
    state = current.state
    same = (state.plan, state.plan_version, state.interval) == (plan.code, plan.offered.version, interval)
    if same and state.seats == seats and payment_method is None and state.status in ENTITLING:
        raise Conflict("nothing_changes", "The subscription is as you want it already.")
