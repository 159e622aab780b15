"""An invitation's mail enters the queue."""

from uuid import UUID

from chassis import erasures, sealing, telemetry
from chassis.database import Tx
from contracts.commands import SendInvitationEmailV1
from contracts.ids import new_id
from notifier.domain import MAIL_LIFETIME, mail_address
from notifier.mail import InvitationMail
from notifier.storage import deliveries
from notifier.storage.deliveries import NewDelivery


async def queue_invitation(
    tx: Tx, command: SendInvitationEmailV1, command_id: UUID, *, public_url: str, public_key: str
) -> None:
    """Store the mail, its words and link sealed. It is given up with the invitation, at the latest after four days.

    It replaces an older mail of the invitation that still waits, whose link works no more or soon says the same; for an
    invitation that is over, or of an organization that is gone, there is none.
    Raises ValueError for an address that no mail can be sent to.
    """
    await deliveries.close_of_invitation(tx, command.invitation_id, "a newer mail of the invitation")
    if await deliveries.has_ended(tx, command.invitation_id) or await erasures.hold(tx, [command.organization_id]):
        return
    mail = InvitationMail.of(command, public_url)
    await deliveries.insert_delivery(
        tx,
        NewDelivery(
            id=new_id(),
            org_id=command.organization_id,
            command_id=command_id,
            template="invitation",
            locale=command.locale,
            recipient=mail_address(command.email),
            payload=sealing.seal(public_key, mail.model_dump_json().encode()),
            give_up_at=min(command.expires_at, tx.now + MAIL_LIFETIME),
            traceparent=telemetry.current_traceparent(),
            invitation_id=command.invitation_id,
        ),
    )
