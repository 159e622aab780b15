"""What analytics knows of organizations, subscriptions and how accounts came to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics.domain.recorded import Recorded
from chassis.database import Tx
from contracts.billing import SubscriptionCanceledV1, SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.envelope import Envelope
from contracts.money import Money
from contracts.teams import MemberJoinedV1, OrganizationCreatedV1, OrganizationUpdatedV1, UserRegisteredV1

OrganizationEvent = OrganizationCreatedV1 | OrganizationUpdatedV1
SubscriptionEvent = SubscriptionCreatedV1 | SubscriptionUpdatedV1 | SubscriptionCanceledV1


@dataclass(frozen=True)
class SignUp:
    """An account and the organization it joined in the request that opened it."""

    event_id: UUID
    registered_at: datetime
    user_id: UUID
    org_id: UUID


async def upsert_organizations(tx: Tx, zones: Mapping[UUID, tuple[str, int]]) -> list[UUID]:
    """Keep the newest (zone, sequence) of each; returns those whose zone is another now. They are locked whole.

    A zone this server does not know counts as UTC.
    """
    rows = await tx.fetch("SELECT org_id, time_zone FROM organizations WHERE org_id = ANY ($1)", list(zones))
    before = {row["org_id"]: row["time_zone"] for row in rows}
    kept = await tx.fetch(
        "INSERT INTO organizations AS o (org_id, time_zone, sequence) "
        "SELECT org_id, CASE WHEN knows_zone(zone) THEN zone ELSE 'UTC' END, sequence "
        "FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS stated (org_id, zone, sequence) "
        "ON CONFLICT (org_id) DO UPDATE SET time_zone = excluded.time_zone, sequence = excluded.sequence "
        "WHERE o.sequence < excluded.sequence RETURNING o.org_id, o.time_zone",
        list(zones),
        [zone for zone, _ in zones.values()],
        [sequence for _, sequence in zones.values()],
    )
    return [row["org_id"] for row in kept if row["time_zone"] != before.get(row["org_id"], "UTC")]


async def upsert_subscription(tx: Tx, event: SubscriptionEvent, sequence: int) -> None:
    """The newest sequence wins."""
    await tx.execute(
        "INSERT INTO subscriptions AS s (subscription_id, org_id, plan, status, mrr_amount, mrr_currency, sequence) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (subscription_id) DO UPDATE SET plan = excluded.plan, "
        "status = excluded.status, mrr_amount = excluded.mrr_amount, mrr_currency = excluded.mrr_currency, "
        "sequence = excluded.sequence WHERE s.sequence < excluded.sequence",
        event.subscription_id,
        event.organization_id,
        event.plan,
        event.status,
        event.mrr.amount,
        event.mrr.currency,
        sequence,
    )


async def get_recurring_revenue(tx: Tx, org_id: UUID) -> list[Money]:
    """What billing last stated for the organization, added up by currency."""
    rows = await tx.fetch(
        "SELECT mrr_currency, sum(mrr_amount)::bigint AS amount FROM subscriptions "
        "WHERE org_id = $1 AND status <> 'canceled' GROUP BY 1 ORDER BY 1",
        org_id,
    )
    return [Money(amount=row["amount"], currency=row["mrr_currency"]) for row in rows]


async def lock_people(tx: Tx, user_ids: Sequence[UUID]) -> None:
    """One transaction at a time puts the halves of a person's sign-up together."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(user_id::text, 2)) FROM unnest($1::uuid[]) AS user_id",
        sorted(set(user_ids)),
    )


async def insert_registrations(
    tx: Tx, halves: Sequence[tuple[UserRegisteredV1, Envelope]], recorded: Mapping[UUID, Recorded]
) -> None:
    """People opened accounts. `recorded` holds each one's raw row, by event id."""
    await tx.execute(
        "INSERT INTO registrations (user_id, event_id, registered_at, correlation_id) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) ON CONFLICT DO NOTHING",
        [event.user_id for event, _ in halves],
        [header.id for _, header in halves],
        [recorded[header.id].occurred_at for _, header in halves],
        [header.correlationid for _, header in halves],
    )


async def insert_joins(tx: Tx, halves: Sequence[tuple[MemberJoinedV1, Envelope]]) -> None:
    """People joined organizations."""
    await tx.execute(
        "INSERT INTO joins (user_id, correlation_id, org_id, joined_at) "
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[]) ON CONFLICT DO NOTHING",
        [event.user_id for event, _ in halves],
        [header.correlationid for _, header in halves],
        [event.organization_id for event, _ in halves],
        [header.time for _, header in halves],
    )


async def list_sign_ups(tx: Tx, user_ids: Sequence[UUID]) -> list[SignUp]:
    """The sign-ups of these people, both of whose halves have arrived."""
    rows = await tx.fetch(
        "SELECT event_id, registered_at, user_id, org_id FROM registrations JOIN joins USING (user_id, correlation_id) "
        "WHERE user_id = ANY ($1)",
        list(user_ids),
    )
    return [SignUp(**dict(row)) for row in rows]
