"""The life of an invitation: pending, then accepted, revoked or expired for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.problems import Conflict, Forbidden, Gone, TooManyRequests
from teams.domain.people import same_address

LIFETIME = timedelta(days=7)
RESEND_AFTER = timedelta(minutes=1)
REMINDED_BEFORE_END = timedelta(days=1)

MAILS_PER_HOUR = 200
"""Of one organization: enough for two full lists, too few to flood strangers with."""

State = Literal["pending", "accepted", "revoked", "expired"]


@dataclass(frozen=True)
class Invitation:
    """An invitation, without its secret. `role` is a built-in role's name or a custom role's id, named `role_name`."""

    id: UUID
    org_id: UUID
    email: str
    role: str
    state: State
    invited_by: UUID
    sent_at: datetime
    expires_at: datetime
    created_at: datetime
    version: int
    role_name: str | None = None

    def state_at(self, now: datetime) -> State:
        """The state as it is now: a pending one is over at its time, also before the job has written so."""
        return "expired" if self.state == "pending" and self.expires_at <= now else self.state


def check_open(invitation: Invitation, now: datetime) -> None:
    """An invitation works once and for seven days. Raises Gone, saying why it no longer does."""
    state = invitation.state_at(now)
    if state == "expired":
        raise Gone("invitation_expired", "This invitation has expired: ask for a new one.")
    if state == "revoked":
        raise Gone("invitation_revoked", "This invitation was taken back.")
    if state == "accepted":
        raise Gone("invitation_used", "This invitation was already accepted.")


def check_addressee(invitation: Invitation, email: str) -> None:
    """Only the invited address accepts. Raises Forbidden."""
    if not same_address(invitation.email, email):
        raise Forbidden("invitation_for_another_address", "This invitation was sent to another address.")


def check_pending(invitation: Invitation, now: datetime) -> None:
    """Only a pending invitation is sent again or revoked. Raises Conflict."""
    if (state := invitation.state_at(now)) != "pending":
        raise Conflict("invitation_not_pending", f"This invitation is {state}.")


def check_may_resend(invitation: Invitation, now: datetime) -> None:
    """A mailbox is not flooded: one mail a minute. Raises TooManyRequests."""
    wait = invitation.sent_at + RESEND_AFTER - now
    if wait > timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        raise TooManyRequests(
            "resend_too_soon", "The last mail went out less than a minute ago.", headers={"Retry-After": str(seconds)}
        )


def check_not_flooding(sent_lately: int) -> None:
    """`sent_lately` counts the organization's invitations of the last hour. Raises TooManyRequests."""
    if sent_lately >= MAILS_PER_HOUR:
        raise TooManyRequests(
            "invitations_too_many",
            f"Your organization may send {MAILS_PER_HOUR} invitations an hour: try again later.",
            headers={"Retry-After": "900"},
        )
