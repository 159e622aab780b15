"""Tables `sso_attempts`, `sso_identities` and `sso_sessions`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.domain.sso import Asserted, Attempt, Provider


@dataclass(frozen=True)
class Demand:
    """The organization that lets a person in by its provider only."""

    org_id: UUID
    name: str


@dataclass(frozen=True)
class Proofs:
    """Whether somebody has a password, and when a provider proved them in one of their sign-ins, if it did."""

    has_password: bool
    authenticated_at: datetime | None


async def insert_attempt(
    tx: Tx, attempt: Attempt, *, state_hash: bytes, browser_hash: bytes, expires_at: datetime
) -> None:
    """Store a sign-in that leaves for its provider."""
    await tx.execute(
        "INSERT INTO sso_attempts (state_hash, browser_hash, org_id, issuer, client_id, next_path, expires_at, fresh)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        state_hash,
        browser_hash,
        attempt.org_id,
        attempt.provider.issuer,
        attempt.provider.client_id,
        attempt.next_path,
        expires_at,
        attempt.fresh,
    )


async def take_attempt(tx: Tx, *, state_hash: bytes, browser_hash: bytes) -> Attempt | None:
    """The sign-in that comes back, gone from the table; None for another browser's, a second use, a late one."""
    row = await tx.fetchrow(
        "SELECT org_id, issuer, client_id, next_path, fresh FROM take_sso_attempt($1, $2, $3)",
        state_hash,
        browser_hash,
        tx.now,
    )
    if row is None:
        return None
    return Attempt(row["org_id"], Provider(row["issuer"], row["client_id"]), row["next_path"], row["fresh"])


async def delete_old_attempts(tx: Tx) -> int:
    """Forget sign-ins that never came back; returns how many."""
    return await tx.execute("DELETE FROM sso_attempts WHERE expires_at < $1", tx.now)


async def get_linked_user(tx: Tx, org_id: UUID, person: Asserted) -> UUID | None:
    """The account that a provider's subject is, in the current organization."""
    found: UUID | None = await tx.fetchval(
        "SELECT user_id FROM sso_identities WHERE org_id = $1 AND issuer = $2 AND subject = $3",
        org_id,
        person.issuer,
        person.subject,
    )
    return found


async def is_linked(tx: Tx, org_id: UUID, issuer: str, user_id: UUID) -> bool:
    """Whether an account is somebody of this provider already, in the current organization."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM sso_identities WHERE org_id = $1 AND issuer = $2 AND user_id = $3)",
            org_id,
            issuer,
            user_id,
        )
    )


async def link(tx: Tx, org_id: UUID, person: Asserted, user_id: UUID) -> None:
    """From now on this subject is this account, and no other subject of the provider is."""
    await tx.execute(
        "INSERT INTO sso_identities (org_id, issuer, subject, user_id, linked_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (org_id, issuer, user_id) DO UPDATE SET subject = excluded.subject,"
        " linked_at = excluded.linked_at"
        " WHERE sso_identities.subject <> excluded.subject",
        org_id,
        person.issuer,
        person.subject,
        user_id,
        tx.now,
    )


async def delete_people(tx: Tx, org_id: UUID) -> None:
    """Forget as whom an organization's provider knows people, and sign-ins on their way to it."""
    await tx.execute("DELETE FROM sso_identities WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM sso_attempts WHERE org_id = $1", org_id)


async def insert_session(tx: Tx, session_id: UUID, org_id: UUID, person: Asserted) -> None:
    """Keep by whose provider a sign-in came, and how and when the person proved themselves there: not in the future,
    whatever the provider's clock says.
    """
    await tx.execute(
        "INSERT INTO sso_sessions (session_id, org_id, methods, authenticated_at) VALUES ($1, $2, $3, $4)",
        session_id,
        org_id,
        list(person.methods),
        min(person.authenticated_at, tx.now) if person.authenticated_at else None,
    )


async def get_proofs(tx: Tx, session_id: UUID) -> Proofs:
    """What the acting person can prove themselves by, this sign-in of theirs among it."""
    row = await tx.fetchrow("SELECT has_password, authenticated_at FROM own_proofs($1)", session_id)
    return Proofs(row["has_password"], row["authenticated_at"]) if row else Proofs(False, None)


async def get_methods(tx: Tx, org_id: UUID, session_id: UUID) -> list[str] | None:
    """The `amr` of a sign-in that the current organization's provider made; None for one that it did not make."""
    found: list[str] | None = await tx.fetchval(
        "SELECT methods FROM sso_sessions WHERE session_id = $1 AND org_id = $2", session_id, org_id
    )
    return found


async def get_demand(tx: Tx, user_id: UUID, session_id: UUID | None = None) -> Demand | None:
    """Who lets this person in by single sign-on only, unless the sign-in came by it; works before anybody is known."""
    row = await tx.fetchrow("SELECT org_id, name FROM sso_demanded_of($1, $2)", user_id, session_id)
    return Demand(row["org_id"], row["name"]) if row else None
