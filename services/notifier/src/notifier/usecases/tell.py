"""From one event to its readers' notifications."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import erasures, outbox
from chassis.database import Tx
from contracts import registry
from contracts.billing import InvoicePaymentFailedV1
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.notifier import NotificationCreatedV1
from contracts.teams import MemberRemovedV1
from notifier.domain import MembershipEvent, ToldEvent
from notifier.mail import role_name
from notifier.money import money_name, plan_name
from notifier.rendering import Renderer
from notifier.routing import ROUTES, BelongsTo, Route, routes_of
from notifier.storage import notifications as storage
from notifier.storage import projections
from notifier.storage.notifications import Draft, Notification

_MODELS = {route.event.type: route.event for route in ROUTES}


@dataclass(frozen=True)
class _News:
    """An event with everything its readers' notifications are made of."""

    event: ToldEvent
    header: Envelope
    organization: str
    renderer: Renderer

    def draft(self, route: Route, user_id: UUID, locale: str) -> Draft:
        event = self.event
        words = self.renderer.in_app(
            route.template,
            locale,
            event=event.model_dump(mode="json"),
            organization={"name": self.organization},
            **_about(event),
        )
        return Draft(
            id=new_id(),
            event_id=self.header.id,
            user_id=user_id,
            org_id=event.organization_id if route.belongs_to is BelongsTo.ORGANIZATION else None,
            kind=event.type,
            category=route.category,
            title=words.title,
            body=words.body,
            data=_facts(event, self.organization),
            traceparent=self.header.traceparent,
            created_at=self.header.time,
        )


async def tell(tx: Tx, header: Envelope, renderer: Renderer) -> list[Notification]:
    """Store a notification for each reader who has none of this event yet; returns the new ones.

    Readers are those who belonged at the event's instant. While the organization's name is unknown nothing is stored:
    the event waits as a source until it is. The caller holds the organization's lock.
    """
    event = _read(header)
    organization = await projections.get_organization_name(tx, event.organization_id)
    if organization is None:
        return []
    news = _News(event, header, organization, renderer)
    readers = await _readers(tx, event, header)
    locales = await projections.get_locales(tx, list(readers))
    drafts = [news.draft(route, user_id, locales.get(user_id, "en")) for user_id, route in readers.items()]
    stored = await storage.insert_notifications(tx, drafts) if drafts else []
    for notification in stored:
        publish(tx, notification)
    await projections.update_source_told(tx, header.id)
    return stored


async def tell_since(tx: Tx, org_id: UUID, since: datetime, renderer: Renderer) -> list[Notification]:
    """Tell again what happened in an organization since: what is known now may add readers who could not be known
    before. Nobody is told twice, and nobody's notification is taken back.
    """
    told: list[Notification] = []
    for source in await projections.list_sources_since(tx, org_id, since):
        told += await tell(tx, source, renderer)
    return told


def _about(event: ToldEvent) -> dict[str, Any]:
    """What words are made of beside the event itself."""
    if isinstance(event, MembershipEvent):
        by_themselves = isinstance(event, MemberRemovedV1) and event.removed_by == event.user_id
        return {"role": event.role_name or role_name(event.role), "by_themselves": by_themselves}
    if isinstance(event, InvoicePaymentFailedV1):
        return {"amount": money_name(event.total)}
    return {"plan": plan_name(event.plan)}


def _read(header: Envelope) -> ToldEvent:
    event = registry.read(header, _MODELS[header.type])
    if not isinstance(event, ToldEvent):
        raise TypeError(f"{header.type} is nothing anybody is told of")
    return event


async def _readers(tx: Tx, event: ToldEvent, header: Envelope) -> dict[UUID, Route]:
    """Each reader and the line of the table that made them one; the first line counts. Nobody who is gone for good."""
    roster = await projections.list_roster(tx, event.organization_id, header.time)
    readers: dict[UUID, Route] = {}
    for route in routes_of(type(event)):
        for user_id in sorted(route.audience(event, roster)):
            readers.setdefault(user_id, route)
    gone = await erasures.hold(tx, readers)
    return {user_id: route for user_id, route in readers.items() if user_id not in gone}


def _facts(event: ToldEvent, organization: str) -> dict[str, Any]:
    """What a client needs to link to the things the notification speaks of."""
    facts: dict[str, Any] = {"organization_id": str(event.organization_id), "organization_name": organization}
    if isinstance(event, MembershipEvent):
        return facts | {"user_id": str(event.user_id), "name": event.name, "role": event.role}
    if isinstance(event, InvoicePaymentFailedV1):
        return facts | {"invoice_id": str(event.invoice_id), "number": event.number}
    return facts | {"subscription_id": str(event.subscription_id), "plan": event.plan}


def publish(tx: Tx, notification: Notification) -> None:
    """State that somebody was told."""
    created = NotificationCreatedV1(
        notification_id=notification.id,
        user_id=notification.user_id,
        organization_id=notification.org_id,
        category=notification.category,
        kind=notification.kind,
        created_at=notification.created_at,
    )
    outbox.add(tx, created, sequence=1, org_id=notification.org_id)
