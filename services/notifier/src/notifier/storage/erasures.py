"""Erasing an organization or a person: a tombstone in the projection, everything else that names them is deleted."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx


async def bury_organization(tx: Tx, org_id: UUID, sequence: int) -> None:
    """Its row says that it was, and nothing else; nothing older brings it back."""
    await tx.execute(
        "INSERT INTO organizations (org_id, name, locale, time_zone, sequence) VALUES ($1, '', '', '', $2) "
        "ON CONFLICT (org_id) DO UPDATE SET name = '', locale = '', time_zone = '', "
        "sequence = greatest(organizations.sequence, excluded.sequence)",
        org_id,
        sequence,
    )


async def delete_of_organization(tx: Tx, org_id: UUID) -> None:
    """Who belonged to it and as what, what was told there, and mails in its name."""
    await tx.execute("DELETE FROM memberships WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM custom_roles WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM notification_sources WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM deliveries WHERE org_id = $1", org_id)
    await tx.execute(
        "DELETE FROM notifications WHERE org_id = $1 OR (org_id IS NULL AND data->>'organization_id' = $2)",
        org_id,
        str(org_id),
    )


async def get_address(tx: Tx, user_id: UUID) -> str | None:
    """The address a person last had, in lower case; None while they are unknown."""
    address: str | None = await tx.fetchval("SELECT lower(email) FROM people WHERE user_id = $1", user_id)
    return address


async def bury_person(tx: Tx, user_id: UUID, sequence: int) -> None:
    """As `bury_organization`."""
    await tx.execute(
        "INSERT INTO people (user_id, email, name, locale, time_zone, sequence) VALUES ($1, '', '', '', '', $2) "
        "ON CONFLICT (user_id) DO UPDATE SET email = '', name = '', locale = '', time_zone = '', "
        "sequence = greatest(people.sequence, excluded.sequence)",
        user_id,
        sequence,
    )


async def delete_of_person(tx: Tx, user_id: UUID, address: str | None, until: datetime) -> None:
    """What they were told, what others were told of them by name, and mails to them made up to then.

    After that the address may be somebody's again. The memberships that stay are ids alone.
    """
    await tx.execute(
        "DELETE FROM notification_sources USING (SELECT DISTINCT org_id FROM memberships WHERE user_id = $1) AS own "
        "WHERE notification_sources.org_id = own.org_id AND envelope->'data'->>'user_id' = $2 "
        "AND envelope->'data'->>'name' <> ''",
        user_id,
        str(user_id),
    )
    await tx.execute("DELETE FROM notifications WHERE user_id = $1", user_id)
    await tx.execute(
        "DELETE FROM notifications USING (SELECT DISTINCT org_id FROM memberships WHERE user_id = $1) AS own "
        "WHERE notifications.org_id = own.org_id AND data->>'user_id' = $2 AND data->>'name' <> ''",
        user_id,
        str(user_id),
    )
    await tx.execute("DELETE FROM deliveries WHERE user_id = $1", user_id)
    if address:
        await tx.execute("DELETE FROM deliveries WHERE lower(recipient) = $1 AND created_at <= $2", address, until)
        await tx.execute("DELETE FROM suppressions WHERE email = $1 AND suppressed_at <= $2", address, until)
