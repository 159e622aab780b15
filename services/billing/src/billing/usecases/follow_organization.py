"""An organization was deleted or restored: its paid subscription ends with the period, or goes on after all."""

from uuid import UUID

from billing.storage import accounts, subscriptions
from billing.usecases.change_subscription import begin_cancellation
from chassis.database import Tx


async def follow_deletion(tx: Tx, org_id: UUID, sequence: int) -> None:
    """Intend the end of what is paid for; what its owner had ended already stays theirs.

    Raises Conflict while another intent is on its way: the event is tried again after it.
    """
    if not await _is_news(tx, org_id, sequence):
        return
    current = await subscriptions.get_current(tx, org_id)
    if current is not None and current.state.mrr > 0 and not current.state.cancel_at_period_end:
        await begin_cancellation(tx, org_id, cancel=True)
        await accounts.update_ended_with_organization(tx, org_id, ended=True)


async def follow_restoration(tx: Tx, org_id: UUID, sequence: int) -> None:
    """Take that back, if it was the deletion that ended it. Raises Conflict as `follow_deletion`."""
    if not await _is_news(tx, org_id, sequence):
        return
    if not await accounts.get_ended_with_organization(tx, org_id):
        return
    current = await subscriptions.get_current(tx, org_id)
    if current is not None:
        await begin_cancellation(tx, org_id, cancel=False)
    await accounts.update_ended_with_organization(tx, org_id, ended=False)


async def _is_news(tx: Tx, org_id: UUID, sequence: int) -> bool:
    """Whether nothing later was heard; an organization that billing never had has nothing to end."""
    account = await accounts.lock_account(tx, org_id)
    return account is not None and await accounts.update_life_sequence(tx, org_id, sequence)
