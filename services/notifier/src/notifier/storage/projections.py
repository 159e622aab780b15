"""What notifier knows of people, organizations and memberships, and the events that somebody may have to hear of."""

from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from contracts.envelope import Envelope
from contracts.teams.rights import RoleDeletedV1
from notifier.domain import (
    Member,
    MembershipEvent,
    OrganizationEvent,
    PersonEvent,
    RoleEvent,
    Roster,
    rights_of,
)


async def lock_organization(tx: Tx, org_id: UUID) -> None:
    """One transaction at a time decides who in an organization hears of what; no row of it need exist yet."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(org_id))


async def upsert_person(tx: Tx, person: PersonEvent, sequence: int) -> None:
    """The newest sequence wins."""
    await tx.execute(
        "INSERT INTO people (user_id, email, name, locale, time_zone, sequence) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, name = excluded.name, locale = excluded.locale, "
        "time_zone = excluded.time_zone, sequence = excluded.sequence WHERE people.sequence < excluded.sequence",
        person.user_id,
        person.email,
        person.name,
        person.locale,
        person.time_zone,
        sequence,
    )


async def upsert_organization(tx: Tx, organization: OrganizationEvent, sequence: int) -> None:
    """The newest sequence wins."""
    await tx.execute(
        "INSERT INTO organizations (org_id, name, locale, time_zone, sequence) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (org_id) DO UPDATE SET name = excluded.name, locale = excluded.locale, "
        "time_zone = excluded.time_zone, sequence = excluded.sequence "
        "WHERE organizations.sequence < excluded.sequence",
        organization.organization_id,
        organization.name,
        organization.locale,
        organization.time_zone,
        sequence,
    )


async def get_organization_name(tx: Tx, org_id: UUID) -> str | None:
    """None while no event of the organization has arrived."""
    name: str | None = await tx.fetchval("SELECT name FROM organizations WHERE org_id = $1", org_id)
    return name


async def get_locales(tx: Tx, users: list[UUID]) -> dict[UUID, str]:
    """The locale of each person known."""
    rows = await tx.fetch("SELECT user_id, locale FROM people WHERE user_id = ANY ($1)", users)
    return {row["user_id"]: row["locale"] for row in rows}


async def insert_membership(tx: Tx, event: MembershipEvent, *, sequence: int, since: datetime) -> bool:
    """Keep this version of a membership, in force from `since`; False if it is there already and stays as it is."""
    inserted = await tx.execute(
        "INSERT INTO memberships (membership_id, sequence, org_id, user_id, role, state, since) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        event.membership_id,
        sequence,
        event.organization_id,
        event.user_id,
        event.role,
        event.state,
        since,
    )
    return inserted == 1


async def insert_role(tx: Tx, event: RoleEvent, *, sequence: int, since: datetime) -> bool:
    """Keep this version of a custom role, in force from `since`; False if it is there already and stays as it is."""
    inserted = await tx.execute(
        "INSERT INTO custom_roles (role_id, sequence, org_id, permissions, since) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING",
        event.role_id,
        sequence,
        event.organization_id,
        [] if isinstance(event, RoleDeletedV1) else event.permissions,
        since,
    )
    return inserted == 1


async def list_roster(tx: Tx, org_id: UUID, at: datetime) -> Roster:
    """Who belonged to the organization at that instant and what they might do, by the versions that have arrived."""
    rows = await tx.fetch(
        "SELECT user_id, role, permissions FROM ("
        "  SELECT DISTINCT ON (membership_id) user_id, role, state FROM memberships"
        "  WHERE org_id = $1 AND since <= $2 ORDER BY membership_id, sequence DESC"
        ") AS version LEFT JOIN ("
        "  SELECT DISTINCT ON (role_id) role_id, permissions FROM custom_roles"
        "  WHERE org_id = $1 AND since <= $2 ORDER BY role_id, sequence DESC"
        ") AS custom ON custom.role_id::text = version.role WHERE state = 'active'",
        org_id,
        at,
    )
    return tuple(Member(row["user_id"], rights_of(row["role"], row["permissions"])) for row in rows)


async def insert_source(tx: Tx, header: Envelope, org_id: UUID) -> None:
    """Keep the event until nobody can turn up any more who should have heard of it."""
    await tx.execute(
        "INSERT INTO notification_sources (event_id, org_id, occurred_at, envelope) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        header.id,
        org_id,
        header.time,
        header.to_json().decode(),
    )


async def list_sources_since(tx: Tx, org_id: UUID, since: datetime) -> list[Envelope]:
    """Events of the organization from an instant on, oldest first."""
    rows = await tx.fetch(
        "SELECT envelope FROM notification_sources WHERE org_id = $1 AND occurred_at >= $2 "
        "ORDER BY occurred_at, event_id",
        org_id,
        since,
    )
    return _envelopes(rows)


async def list_waiting_sources(tx: Tx, org_id: UUID) -> list[Envelope]:
    """Events that nobody was told of yet because the organization's name was not known."""
    rows = await tx.fetch(
        "SELECT envelope FROM notification_sources WHERE org_id = $1 AND told_at IS NULL "
        "ORDER BY occurred_at, event_id",
        org_id,
    )
    return _envelopes(rows)


def _envelopes(rows: list[Row]) -> list[Envelope]:
    return [Envelope.model_validate_json(row["envelope"]) for row in rows]


async def update_source_told(tx: Tx, event_id: UUID) -> None:
    """Its audience, as far as known, was told."""
    await tx.execute("UPDATE notification_sources SET told_at = $2 WHERE event_id = $1", event_id, tx.now)


async def count_waiting_sources(tx: Tx, before: datetime) -> int:
    """Events older than that which still wait for their organization."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM notification_sources WHERE told_at IS NULL AND occurred_at < $1", before
    )
    return count


async def delete_settled(tx: Tx, before: datetime) -> None:
    """Forget sources that were told, and versions of memberships and roles that were replaced, before that instant."""
    await tx.execute("DELETE FROM notification_sources WHERE told_at IS NOT NULL AND occurred_at < $1", before)
    await tx.execute(
        "DELETE FROM memberships AS old USING memberships AS newer "
        "WHERE newer.membership_id = old.membership_id AND newer.sequence > old.sequence AND newer.since < $1",
        before,
    )
    await tx.execute(
        "DELETE FROM custom_roles AS old USING custom_roles AS newer "
        "WHERE newer.role_id = old.role_id AND newer.sequence > old.sequence AND newer.since < $1",
        before,
    )
