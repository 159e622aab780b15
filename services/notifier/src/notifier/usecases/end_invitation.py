"""An invitation was accepted, taken back or ran out: its mails are not sent any more."""

from uuid import UUID

from chassis.database import Tx
from notifier.storage import deliveries


async def end_invitation(tx: Tx, invitation_id: UUID) -> None:
    """Also a mail that is asked for later: commands and events arrive in any order."""
    await deliveries.insert_ended_invitation(tx, invitation_id)
    await deliveries.close_of_invitation(tx, invitation_id, "the invitation is over")
