"""Tables `sso_settings` and `sso_domains`."""

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Row, Tx
from teams.domain.sso import SsoDomain, SsoSettings

_SETTINGS = (
    "SELECT org_id, issuer, client_id, client_secret, default_role, enforced, require_mfa_claim, version, changed_by,"
    " changed_at FROM sso_settings"
)
_DOMAINS = "SELECT id, org_id, domain, token, verified_at, created_by, created_at FROM sso_domains"


def _settings(row: Row) -> SsoSettings:
    return SsoSettings(**dict(row))


async def get_settings(tx: Tx, org_id: UUID) -> SsoSettings | None:
    """The current organization's."""
    row = await tx.fetchrow(f"{_SETTINGS} WHERE org_id = $1", org_id)
    return _settings(row) if row else None


async def store_settings(tx: Tx, settings: SsoSettings) -> None:
    """Set them whole; the caller holds the organization and has raised `version`."""
    await tx.execute(
        "INSERT INTO sso_settings (org_id, issuer, client_id, client_secret, default_role, enforced, version,"
        " changed_by, changed_at, require_mfa_claim) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (org_id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,"
        " client_secret = excluded.client_secret, default_role = excluded.default_role, enforced = excluded.enforced,"
        " version = excluded.version, changed_by = excluded.changed_by, changed_at = excluded.changed_at,"
        " require_mfa_claim = excluded.require_mfa_claim",
        settings.org_id,
        settings.issuer,
        settings.client_id,
        settings.client_secret,
        settings.default_role,
        settings.enforced,
        settings.version,
        settings.changed_by,
        settings.changed_at,
        settings.require_mfa_claim,
    )


async def delete_settings(tx: Tx, org_id: UUID) -> None:
    """Forget them, with what the provider's subjects were linked to."""
    await tx.execute("DELETE FROM sso_identities WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM sso_attempts WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM sso_settings WHERE org_id = $1", org_id)


async def lock_next_settings(tx: Tx, after: UUID, limit: int) -> list[SsoSettings]:
    """The next ones of every organization by id, held; for the job that renews their encryption."""
    rows = await tx.fetch(f"{_SETTINGS} WHERE org_id > $1 ORDER BY org_id LIMIT $2 FOR NO KEY UPDATE", after, limit)
    return [_settings(row) for row in rows]


async def update_secret(tx: Tx, org_id: UUID, sealed: bytes) -> None:
    """The same secret under a newer key: no fact, so no version."""
    await tx.execute("UPDATE sso_settings SET client_secret = $2 WHERE org_id = $1", org_id, sealed)


async def list_domains(tx: Tx, org_id: UUID) -> list[SsoDomain]:
    """The current organization's, by name; at most twenty."""
    rows = await tx.fetch(f"{_DOMAINS} WHERE org_id = $1 ORDER BY domain", org_id)
    return [SsoDomain(**dict(row)) for row in rows]


async def list_verified_domains(tx: Tx, org_id: UUID) -> list[str]:
    """The names of those that count."""
    rows = await tx.fetch(
        "SELECT domain FROM sso_domains WHERE org_id = $1 AND verified_at IS NOT NULL ORDER BY domain", org_id
    )
    return [row["domain"] for row in rows]


async def get_domain(tx: Tx, domain_id: UUID) -> SsoDomain | None:
    """A domain of the current organization."""
    row = await tx.fetchrow(f"{_DOMAINS} WHERE id = $1", domain_id)
    return SsoDomain(**dict(row)) if row else None


async def insert_domain(tx: Tx, domain: SsoDomain) -> bool:
    """Store a claim; False if the organization made it before."""
    inserted = await tx.execute(
        "INSERT INTO sso_domains (id, org_id, domain, token, verified_at, created_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, domain) DO NOTHING",
        domain.id,
        domain.org_id,
        domain.domain,
        domain.token,
        domain.verified_at,
        domain.created_by,
        domain.created_at,
    )
    return inserted == 1


async def verify_domain(tx: Tx, domain_id: UUID, at: datetime) -> bool:
    """From now on it counts; False if another organization holds it, and then this transaction must be given up."""
    try:
        await tx.execute("UPDATE sso_domains SET verified_at = $2 WHERE id = $1", domain_id, at)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def delete_domain(tx: Tx, domain_id: UUID) -> None:
    """Let go of a domain of the current organization."""
    await tx.execute("DELETE FROM sso_domains WHERE id = $1", domain_id)


async def delete_domains(tx: Tx, org_id: UUID) -> None:
    """Let go of all domains of an organization."""
    await tx.execute("DELETE FROM sso_domains WHERE org_id = $1", org_id)


async def find_organization(tx: Tx, *, domain: str | None, slug: str | None) -> UUID | None:
    """The organization whose provider signs in the people of a domain, or of a slug; works before anybody is known."""
    if slug is not None:
        found: UUID | None = await tx.fetchval("SELECT sso_organization_by_slug($1)", slug)
    else:
        found = await tx.fetchval("SELECT sso_organization_by_domain($1)", domain)
    return found
