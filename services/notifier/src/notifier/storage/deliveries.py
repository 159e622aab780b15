"""Mails on their way: claimed in sets by any number of workers, each by one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx


@dataclass(frozen=True)
class NewDelivery:
    """A mail to be sent. `payload` is sealed to notifier's own key.

    `recipient` is empty where nothing but the payload may name the person.
    `command_id`: the message that asked for it; `user_id`: whose account it is about.
    """

    id: UUID
    org_id: UUID | None
    command_id: UUID
    template: str
    locale: str
    recipient: str
    payload: bytes
    give_up_at: datetime
    traceparent: str | None
    invitation_id: UUID | None = None
    user_id: UUID | None = None


@dataclass(frozen=True)
class Claimed:
    """A mail that is this worker's to send until its claim lapses. `attempts` counts this one."""

    id: UUID
    claim: UUID
    template: str
    locale: str
    recipient: str
    payload: bytes
    attempts: int
    created_at: datetime
    give_up_at: datetime
    traceparent: str | None


async def insert_delivery(tx: Tx, new: NewDelivery) -> None:
    """Queue a mail; one a command."""
    await tx.execute(
        "INSERT INTO deliveries (id, org_id, command_id, template, locale, recipient, payload, state, created_at, "
        "next_attempt_at, give_up_at, traceparent, invitation_id, user_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8, $9, $10, $11, $12) "
        "ON CONFLICT (command_id) DO NOTHING",
        new.id,
        new.org_id,
        new.command_id,
        new.template,
        new.locale,
        new.recipient,
        new.payload,
        tx.now,
        new.give_up_at,
        new.traceparent,
        new.invitation_id,
        new.user_id,
    )


async def claim_due(tx: Tx, *, claim: UUID, until: datetime, limit: int) -> list[Claimed]:
    """Take mails that are due and in nobody's hands, or in hands that let them lapse."""
    rows = await tx.fetch(
        "UPDATE deliveries AS d SET claim = $1, claimed_until = $2, attempts = attempts + 1 FROM ("
        "  SELECT id FROM deliveries WHERE state = 'pending' AND next_attempt_at <= $3"
        "  AND (claimed_until IS NULL OR claimed_until <= $3)"
        "  ORDER BY next_attempt_at LIMIT $4 FOR UPDATE SKIP LOCKED"
        ") AS due WHERE d.id = due.id "
        "RETURNING d.id, d.claim, d.template, d.locale, d.recipient, d.payload, d.attempts, d.created_at, "
        "d.give_up_at, d.traceparent",
        claim,
        until,
        tx.now,
        limit,
    )
    return [Claimed(**row) for row in rows]


async def get_next_due(tx: Tx) -> datetime | None:
    """When the next mail is to be tried; None if there is none."""
    due: datetime | None = await tx.fetchval(
        "SELECT min(greatest(next_attempt_at, claimed_until)) FROM deliveries WHERE state = 'pending'"
    )
    return due


async def update_retry(tx: Tx, claimed: Claimed, *, at: datetime, code: int | None, error: str | None) -> bool:
    """Let go of the mail until `at`. False if the claim had lapsed and it is another's now."""
    touched = await tx.execute(
        "UPDATE deliveries SET claim = NULL, claimed_until = NULL, next_attempt_at = $3, smtp_code = $4, error = $5 "
        "WHERE id = $1 AND claim = $2 AND state = 'pending'",
        claimed.id,
        claimed.claim,
        at,
        code,
        error,
    )
    return touched == 1


async def update_finished(tx: Tx, claimed: Claimed, *, state: str, code: int | None, error: str | None) -> bool:
    """Close the delivery and erase its payload. False if the claim had lapsed and it is another's now."""
    touched = await tx.execute(
        "UPDATE deliveries SET state = $3, payload = NULL, claim = NULL, claimed_until = NULL, smtp_code = $4, "
        "error = $5, finished_at = $6 WHERE id = $1 AND claim = $2 AND state = 'pending'",
        claimed.id,
        claimed.claim,
        state,
        code,
        error,
        tx.now,
    )
    return touched == 1


async def close_of_invitation(tx: Tx, invitation_id: UUID, reason: str) -> None:
    """Send no mail of this invitation that is still waiting; one that is being sent this instant is not caught."""
    await tx.execute(
        "UPDATE deliveries SET state = 'given_up', payload = NULL, claim = NULL, claimed_until = NULL, error = $2, "
        "finished_at = $3 WHERE invitation_id = $1 AND state = 'pending'",
        invitation_id,
        reason,
        tx.now,
    )


async def insert_ended_invitation(tx: Tx, invitation_id: UUID) -> None:
    """Remember that it is over, for a mail that is asked for later."""
    await tx.execute(
        "INSERT INTO ended_invitations (invitation_id, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        invitation_id,
        tx.now,
    )


async def has_ended(tx: Tx, invitation_id: UUID) -> bool:
    """Whether the invitation is over."""
    return bool(
        await tx.fetchval("SELECT EXISTS (SELECT FROM ended_invitations WHERE invitation_id = $1)", invitation_id)
    )


async def delete_ended_invitations(tx: Tx, before: datetime) -> None:
    """Forget invitations that ended before that instant: no mail of theirs can still be on its way."""
    await tx.execute("DELETE FROM ended_invitations WHERE ended_at < $1", before)


async def insert_suppression(tx: Tx, email: str, delivery_id: UUID, smtp_code: int) -> None:
    """Send nothing more to this address."""
    await tx.execute(
        "INSERT INTO suppressions (email, delivery_id, smtp_code, suppressed_at) VALUES (lower($1), $2, $3, $4) "
        "ON CONFLICT (email) DO NOTHING",
        email,
        delivery_id,
        smtp_code,
        tx.now,
    )


async def get_suppressed(tx: Tx, emails: list[str]) -> dict[str, int]:
    """The suppressed ones of these addresses, in lower case, with the code of their refusal."""
    rows = await tx.fetch(
        "SELECT email, smtp_code FROM suppressions WHERE email = ANY ($1)", [email.lower() for email in emails]
    )
    return {row["email"]: row["smtp_code"] for row in rows}


async def delete_finished(tx: Tx, before: datetime) -> None:
    """Forget deliveries that ended before that instant, and with them the address they went to."""
    await tx.execute("DELETE FROM deliveries WHERE finished_at < $1", before)
