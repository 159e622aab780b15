"""A subscription was seen at Stripe, in an event or an answer: bring the books up to it."""

from dataclasses import replace
from enum import Enum

from billing import events
from billing.domain.observations import Seen, Verdict, judge
from billing.domain.operations import Kind
from billing.domain.plans import Catalogue
from billing.domain.subscriptions import ENDED, SubscriptionObject, entitlements_of
from billing.storage import accounts, operations, subscriptions
from billing.storage.accounts import Account
from billing.storage.subscriptions import Subscription
from billing.usecases.open_account import intend_free_subscription
from chassis.database import Tx
from contracts.ids import new_id


class Recorded(Enum):
    """What became of an observation."""

    DONE = "done"
    FOREIGN = "foreign"
    """It belongs to nobody we know."""
    REFETCH = "refetch"
    """It may be older than what the books hold; nothing was written."""


async def record_subscription(tx: Tx, found: SubscriptionObject, seen: Seen, catalogue: Catalogue) -> Recorded:
    """Store the state if it is newer, with the events that follow from it."""
    owner = await accounts.find_owner(tx, found.organization_id, found.customer)
    account = await accounts.lock_account(tx, owner) if owner else None
    if account is None:
        return Recorded.FOREIGN
    stored = await subscriptions.get_by_stripe_id(tx, found.state.stripe_id)
    match judge(
        seen,
        same=stored is not None and stored.state == found.state,
        stored_as_of=stored.as_of if stored else None,
        stored_version=stored.version if stored else 0,
    ):
        case Verdict.REFETCH:
            return Recorded.REFETCH
        case Verdict.KEEP if stored:
            await subscriptions.update_as_of(tx, stored.id, seen.as_of)
            return Recorded.DONE
    if account.stripe_customer is None:
        await accounts.update_customer(tx, account.org_id, found.customer)
    await _store(tx, account, stored, found, seen)
    await _follow(tx, replace(account, stripe_customer=found.customer), catalogue)
    return Recorded.DONE


async def _store(tx: Tx, account: Account, stored: Subscription | None, found: SubscriptionObject, seen: Seen) -> None:
    if stored is None:
        new = Subscription(found.subscription_id or new_id(), account.org_id, found.state, seen.as_of, 1)
        await subscriptions.insert_subscription(tx, new)
        events.add_subscription_created(tx, new)
        if new.state.status in ENDED:
            ended = replace(new, version=2)
            await subscriptions.update_subscription(tx, ended)
            events.add_subscription_canceled(tx, ended)
        return
    as_of = max(seen.as_of, stored.as_of)
    changed = replace(stored, state=found.state, as_of=as_of, version=stored.version + 1)
    await subscriptions.update_subscription(tx, changed)
    if changed.state.status in ENDED and stored.state.status not in ENDED:
        events.add_subscription_canceled(tx, changed)
    else:
        events.add_subscription_updated(tx, changed, stored.state)


async def _follow(tx: Tx, account: Account, catalogue: Catalogue) -> None:
    """What the organization may use now; where its subscription has ended, Free follows, unless it is erased."""
    current = await subscriptions.get_current(tx, account.org_id)
    entitlements = entitlements_of(current.state if current else None, catalogue)
    if entitlements != account.entitlements:
        version = account.entitlements_version + 1
        await accounts.update_entitlements(tx, account.org_id, entitlements, version)
        events.add_entitlements_changed(tx, account, entitlements, version)
    made = await operations.is_pending(tx, account.org_id, Kind.CREATE_SUBSCRIPTION)
    if current is None and account.stripe_customer and not made and not account.erased:
        await intend_free_subscription(tx, account.org_id, account.stripe_customer, catalogue)
