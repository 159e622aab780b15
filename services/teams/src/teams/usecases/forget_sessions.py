"""Forget sign-ins that ended a while ago, and failures, links, challenges and devices nobody needs any more."""

from chassis.database import Tx
from teams.domain import sessions as rules
from teams.storage import devices, links, login_attempts, second_factors, sessions

BATCH = 1000


async def forget_sessions(tx: Tx) -> int:
    """Up to 1,000 sign-ins a week past their end (a late reuse of their tokens needs no event); returns how many."""
    await login_attempts.ACCOUNT.forget_old(tx)
    await second_factors.delete_old_challenges(tx)
    await links.delete_expired_links(tx)
    await devices.delete_unseen_devices(tx, tx.now - rules.DEVICE_FORGOTTEN_AFTER)
    return await sessions.delete_ended_sessions(tx, tx.now - rules.KEPT_AFTER_END, BATCH)
