"""The mail that confirms the end of an account enters the queue."""

from uuid import UUID

from chassis import sealing, telemetry
from chassis.database import Tx
from contracts.commands import SendFarewellEmailV1
from contracts.ids import new_id
from notifier.domain import MAIL_LIFETIME, mail_address
from notifier.mail import FarewellMail
from notifier.storage import deliveries
from notifier.storage.deliveries import NewDelivery


async def queue_farewell(
    tx: Tx, command: SendFarewellEmailV1, command_id: UUID, *, public_url: str, public_key: str
) -> None:
    """Store the mail, all of it sealed, its address too, and no id of the person: an erasure that comes before or after
    finds nothing to delete, and the mail is sent all the same. What was sealed goes with the last attempt.

    Raises ValueError for an address that no mail can be sent to.
    """
    mail = FarewellMail.of(command, public_url)
    mail_address(mail.email)
    await deliveries.insert_delivery(
        tx,
        NewDelivery(
            id=new_id(),
            org_id=None,
            command_id=command_id,
            template="account_deleted",
            locale=command.locale,
            recipient="",
            payload=sealing.seal(public_key, mail.model_dump_json().encode()),
            give_up_at=tx.now + MAIL_LIFETIME,
            traceparent=telemetry.current_traceparent(),
        ),
    )
