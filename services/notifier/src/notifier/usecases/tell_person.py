"""Tell a person of what concerns the safety of their account: in the app, and by mail to the address it is bound to."""

from chassis import sealing
from chassis.database import Tx
from contracts.envelope import Envelope
from contracts.ids import new_id
from notifier.domain import MAIL_LIFETIME, SecurityEvent, mail_address
from notifier.mail import SecurityMail
from notifier.rendering import Renderer
from notifier.routing import SECURITY_TEMPLATES, Category
from notifier.storage import deliveries, notifications
from notifier.storage.deliveries import NewDelivery
from notifier.storage.notifications import Draft, Notification
from notifier.usecases.tell import publish


async def tell_person(
    tx: Tx, event: SecurityEvent, header: Envelope, renderer: Renderer, *, public_url: str, public_key: str
) -> list[Notification]:
    """Store the notification, in no organization, and queue the mail; each once an event, however often it arrives."""
    template = SECURITY_TEMPLATES[type(event)]
    mail = SecurityMail.of(event, header.time, public_url)
    stored = await notifications.insert_notifications(tx, [_draft(event, header, renderer, template, mail)])
    for notification in stored:
        publish(tx, notification)
    await deliveries.insert_delivery(
        tx,
        NewDelivery(
            id=new_id(),
            org_id=None,
            user_id=event.user_id,
            command_id=header.id,
            template=template,
            locale=event.locale,
            recipient=mail_address(event.email),
            payload=sealing.seal(public_key, mail.model_dump_json().encode()),
            give_up_at=tx.now + MAIL_LIFETIME,
            traceparent=header.traceparent,
        ),
    )
    return stored


def _draft(event: SecurityEvent, header: Envelope, renderer: Renderer, template: str, mail: SecurityMail) -> Draft:
    words = renderer.in_app(template, event.locale, **mail.values())
    return Draft(
        id=new_id(),
        event_id=header.id,
        user_id=event.user_id,
        org_id=None,
        kind=event.type,
        category=Category.SECURITY,
        title=words.title,
        body=words.body,
        data={"device": mail.device} if mail.device else {},
        traceparent=header.traceparent,
        created_at=header.time,
    )
