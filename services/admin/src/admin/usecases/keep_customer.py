"""Customers as their services last stated them."""

from admin.domain.customers import (
    MembershipEvent,
    OrganizationEvent,
    PersonEvent,
    SubscriptionEvent,
    search_words,
)
from admin.storage import projections
from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope


async def keep_organization(tx: Tx, event: OrganizationEvent, header: Envelope) -> None:
    """Its newest version, what it is found by, and a line among its events; of one that is erased the line alone."""
    await projections.insert_event(tx, event.organization_id, header)
    if await erasures.hold(tx, [event.organization_id]):
        return
    if await projections.upsert_organization(tx, event, header.sequence):
        await projections.replace_search_words(tx, event.organization_id, search_words(event.name, event.slug))


async def keep_membership(tx: Tx, event: MembershipEvent, header: Envelope) -> None:
    """Its newest version, and a line among the organization's events; where either is erased the line alone."""
    await projections.insert_event(tx, event.organization_id, header)
    if not await erasures.hold(tx, [event.organization_id, event.user_id]):
        await projections.upsert_membership(tx, event, header.sequence)


async def keep_person(tx: Tx, event: PersonEvent, header: Envelope) -> None:
    """The newest version, and what the person's organizations are found by; nothing of one who is erased."""
    if await erasures.hold(tx, [event.user_id]):
        return
    if await projections.upsert_person(tx, event, header.sequence):
        await projections.replace_search_words(tx, event.user_id, search_words(event.name, event.email))


async def keep_subscription(tx: Tx, event: SubscriptionEvent, header: Envelope) -> None:
    """The newest version, and a line among the organization's events."""
    await projections.upsert_subscription(tx, event, header.sequence)
    await projections.insert_event(tx, event.organization_id, header)
