"""A mail with a link to one's own account enters the queue."""

from uuid import UUID

from chassis import erasures, sealing, telemetry
from chassis.database import Tx
from contracts.commands import SendAccountEmailV1
from contracts.ids import new_id
from notifier.domain import MAIL_LIFETIME, mail_address
from notifier.mail import AccountMail
from notifier.storage import deliveries
from notifier.storage.deliveries import NewDelivery


async def queue_account_mail(
    tx: Tx, command: SendAccountEmailV1, command_id: UUID, *, public_url: str, public_key: str
) -> None:
    """Store the mail, its words and link sealed. It is given up with the link, at the latest after four days.
    Nobody who ended their account is sent one.

    Raises ValueError for an address that no mail can be sent to.
    """
    if await erasures.hold(tx, [command.user_id]):
        return
    mail = AccountMail.of(command, public_url)
    await deliveries.insert_delivery(
        tx,
        NewDelivery(
            id=new_id(),
            org_id=None,
            user_id=command.user_id,
            command_id=command_id,
            template=command.kind,
            locale=command.locale,
            recipient=mail_address(command.email),
            payload=sealing.seal(public_key, mail.model_dump_json().encode()),
            give_up_at=min(command.expires_at, tx.now + MAIL_LIFETIME),
            traceparent=telemetry.current_traceparent(),
        ),
    )
