"""Have everybody's tokens for an organization refused."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.storage import memberships


async def end_tokens(tx: Tx, org_id: UUID) -> datetime:
    """Tokens minted before the instant that is returned are refused; refreshing gives new ones where there are any.

    Every membership is locked before the time is read: whoever mints a token holds theirs, so none is younger than this
    says and older in truth.
    """
    await memberships.lock_all(tx, org_id)
    at = tx.clock.now()
    await memberships.refuse_tokens(tx, org_id, at)
    return at
