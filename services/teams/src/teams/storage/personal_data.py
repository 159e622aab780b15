"""What several tables hold about the acting person, for them to take along: no secret, no hash."""

from typing import Any
from uuid import UUID

from chassis.database import Tx


async def list_sessions(tx: Tx, user_id: UUID) -> list[dict[str, Any]]:
    """Sign-ins that are still remembered, the newest first."""
    rows = await tx.fetch(
        "SELECT id, client, device, address, current_organization, created_at, used_at, expires_at, revoked_at"
        " FROM sessions WHERE user_id = $1 ORDER BY id DESC",
        user_id,
    )
    return [dict(row) for row in rows]


async def list_devices(tx: Tx, user_id: UUID) -> list[dict[str, Any]]:
    """When a known device was last seen; which one it is stands only as a hash."""
    rows = await tx.fetch("SELECT seen_at FROM known_devices WHERE user_id = $1 ORDER BY seen_at DESC", user_id)
    return [dict(row) for row in rows]


async def list_keys(tx: Tx, org_id: UUID, user_id: UUID) -> list[dict[str, Any]]:
    """API keys they made in the current organization, ended ones too."""
    rows = await tx.fetch(
        "SELECT id, org_id, name, permissions, service_account_id, hint, created_at, expires_at, last_used_at,"
        " revoked_at FROM api_keys WHERE org_id = $1 AND created_by = $2 ORDER BY id",
        org_id,
        user_id,
    )
    return [dict(row) for row in rows]


async def list_identities(tx: Tx, org_id: UUID, user_id: UUID) -> list[dict[str, Any]]:
    """As whom the current organization's provider knows them."""
    rows = await tx.fetch(
        "SELECT org_id, issuer, subject, linked_at FROM sso_identities WHERE org_id = $1 AND user_id = $2",
        org_id,
        user_id,
    )
    return [dict(row) for row in rows]
