"""What admin keeps of customers from events: in every table the newest sequence of an aggregate wins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from admin.domain.customers import MembershipEvent, OrganizationEvent, PersonEvent, SubscriptionEvent
from chassis.database import Tx
from contracts.envelope import Envelope


async def upsert_organization(tx: Tx, event: OrganizationEvent, sequence: int) -> bool:
    """Whether this is the newest version."""
    return (
        await tx.execute(
            "INSERT INTO customers (organization_id, name, slug, locale, time_zone, created_by, created_at, sequence) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organization_id) DO UPDATE SET "
            "name = excluded.name, slug = excluded.slug, locale = excluded.locale, time_zone = excluded.time_zone, "
            "sequence = excluded.sequence WHERE customers.sequence < excluded.sequence",
            event.organization_id,
            event.name,
            event.slug,
            event.locale,
            event.time_zone,
            event.created_by,
            event.created_at,
            sequence,
        )
        == 1
    )


async def upsert_membership(tx: Tx, event: MembershipEvent, sequence: int) -> None:
    """The newest version stays."""
    await tx.execute(
        "INSERT INTO customer_members (membership_id, organization_id, user_id, email, name, role, state, joined_at, "
        "sequence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (membership_id) DO UPDATE SET "
        "email = excluded.email, name = excluded.name, role = excluded.role, state = excluded.state, "
        "joined_at = excluded.joined_at, sequence = excluded.sequence "
        "WHERE customer_members.sequence < excluded.sequence",
        event.membership_id,
        event.organization_id,
        event.user_id,
        event.email,
        event.name,
        event.role,
        event.state,
        event.joined_at,
        sequence,
    )


async def upsert_person(tx: Tx, event: PersonEvent, sequence: int) -> bool:
    """Whether this is the newest version."""
    return (
        await tx.execute(
            "INSERT INTO customer_people (user_id, email, name, email_verified, sequence) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, name = excluded.name, "
            "email_verified = excluded.email_verified, sequence = excluded.sequence "
            "WHERE customer_people.sequence < excluded.sequence",
            event.user_id,
            event.email,
            event.name,
            event.email_verified,
            sequence,
        )
        == 1
    )


async def upsert_subscription(tx: Tx, event: SubscriptionEvent, sequence: int) -> None:
    """The newest version stays."""
    await tx.execute(
        "INSERT INTO customer_subscriptions (subscription_id, organization_id, plan, interval, seats, status, "
        "mrr_amount, mrr_currency, current_period_end, trial_end, cancel_at_period_end, sequence) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (subscription_id) DO UPDATE SET "
        "plan = excluded.plan, interval = excluded.interval, seats = excluded.seats, status = excluded.status, "
        "mrr_amount = excluded.mrr_amount, mrr_currency = excluded.mrr_currency, "
        "current_period_end = excluded.current_period_end, trial_end = excluded.trial_end, "
        "cancel_at_period_end = excluded.cancel_at_period_end, sequence = excluded.sequence "
        "WHERE customer_subscriptions.sequence < excluded.sequence",
        event.subscription_id,
        event.organization_id,
        event.plan,
        event.interval,
        event.seats,
        event.status,
        event.mrr.amount,
        event.mrr.currency,
        event.current_period_end,
        event.trial_end,
        event.cancel_at_period_end,
        sequence,
    )


async def replace_search_words(tx: Tx, owner: UUID, words: Sequence[str]) -> None:
    """What an organization or a person is found by from now on. Call it while their row is locked by its update."""
    await tx.execute(
        "DELETE FROM customer_search_words WHERE owner = $1 AND word <> ALL ($2::text[])", owner, list(words)
    )
    await tx.execute(
        "INSERT INTO customer_search_words (owner, word) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        owner,
        list(words),
    )


async def insert_event(tx: Tx, organization_id: UUID, header: Envelope) -> None:
    """One line of an organization's recent events."""
    await tx.execute(
        "INSERT INTO customer_events (event_id, organization_id, type, actor, at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING",
        header.id,
        organization_id,
        header.type,
        header.actor,
        header.time,
    )


async def delete_old_events(tx: Tx, before: datetime) -> int:
    """Forget lines older than that; returns how many."""
    return await tx.execute("DELETE FROM customer_events WHERE at < $1", before)
