"""Tables `mailed_links` and `reset_requests`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from contracts.ids import new_id
from teams.domain.links import Link, Purpose


@dataclass(frozen=True)
class ResetRequest:
    """Somebody typed an address and said that its password is forgotten."""

    id: UUID
    email: str


async def insert_link(tx: Tx, link: Link, token_hash: bytes) -> None:
    """Store a new link of the person."""
    await tx.execute(
        "INSERT INTO mailed_links (token_hash, user_id, purpose, email, sent_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        token_hash,
        link.user_id,
        link.purpose,
        link.email,
        link.sent_at,
        link.expires_at,
    )


async def find_link(tx: Tx, token_hash: bytes) -> Link | None:
    """The link of a token; works before anybody is known."""
    row = await tx.fetchrow("SELECT user_id, purpose, email, sent_at, expires_at FROM link_by_token($1)", token_hash)
    return Link(**dict(row)) if row else None


async def delete_link(tx: Tx, token_hash: bytes) -> bool:
    """Use a link up; False if somebody else just did."""
    return await tx.execute("DELETE FROM mailed_links WHERE token_hash = $1", token_hash) == 1


async def delete_links(tx: Tx, user_id: UUID, *purposes: Purpose, since: datetime | None = None) -> None:
    """The person's links for these purposes work no more; only those sent at `since` or later, if it is given."""
    await tx.execute(
        "DELETE FROM mailed_links WHERE user_id = $1 AND purpose = ANY ($2)"
        " AND ($3::timestamptz IS NULL OR sent_at >= $3)",
        user_id,
        list(purposes),
        since,
    )


async def get_pending_email(tx: Tx, user_id: UUID) -> str | None:
    """The address that a change waits for to be proven; None without one."""
    found: str | None = await tx.fetchval(
        "SELECT email FROM mailed_links WHERE user_id = $1 AND purpose = 'change_email' AND expires_at > $2"
        " ORDER BY sent_at DESC LIMIT 1",
        user_id,
        tx.now,
    )
    return found


async def get_last_sent(tx: Tx, user_id: UUID, purpose: Purpose) -> datetime | None:
    """When the person's newest link for a purpose was sent."""
    found: datetime | None = await tx.fetchval(
        "SELECT max(sent_at) FROM mailed_links WHERE user_id = $1 AND purpose = $2", user_id, purpose
    )
    return found


async def is_held(tx: Tx, email: str, user_id: UUID) -> bool:
    """Whether somebody other than this person may still take the address back."""
    return bool(await tx.fetchval("SELECT address_is_held($1, $2, $3)", email, user_id, tx.now))


async def insert_reset_request(tx: Tx, email: str) -> None:
    """Keep it for the job that sends the mails."""
    await tx.execute("INSERT INTO reset_requests (id, email) VALUES ($1, $2)", new_id(), email)


async def take_reset_requests(tx: Tx, limit: int) -> list[ResetRequest]:
    """The oldest requests, each for one worker; they are gone when the transaction commits."""
    rows = await tx.fetch(
        "DELETE FROM reset_requests WHERE id IN ("
        "SELECT id FROM reset_requests ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, email",
        limit,
    )
    return [ResetRequest(**dict(row)) for row in rows]


async def delete_expired_links(tx: Tx) -> None:
    """Forget links that work no more."""
    await tx.execute("DELETE FROM mailed_links WHERE expires_at < $1", tx.now)
