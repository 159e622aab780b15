"""Links that are mailed to a person: what each is for, how long it works, how often it is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.problems import Gone, NotFound, TooManyRequests

Purpose = Literal["verify_email", "reset_password", "change_email", "restore_email"]

LIFETIMES: dict[Purpose, timedelta] = {
    "verify_email": timedelta(days=3),
    "reset_password": timedelta(hours=1),
    "change_email": timedelta(days=1),
    "restore_email": timedelta(days=7),
}
SEND_AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Link:
    """A link without its secret. `email` is the address it proves, or brings back."""

    user_id: UUID
    purpose: Purpose
    email: str
    sent_at: datetime
    expires_at: datetime


def check_link(link: Link | None, now: datetime, *purposes: Purpose) -> Link:
    """The link, if it still does what it is shown for. Raises NotFound `link_unknown`, Gone `link_expired`."""
    if link is None or link.purpose not in purposes:
        raise NotFound("This link is not valid: it was used, or a newer mail replaced it.", code="link_unknown")
    if link.expires_at <= now:
        raise Gone("link_expired", "This link has expired: ask for a new one.")
    return link


def check_may_send(last_sent: datetime | None, now: datetime) -> None:
    """A mailbox is not flooded: one mail of a kind a minute. Raises TooManyRequests."""
    if (wait := seconds_to_wait(last_sent, now)) > 0:
        raise TooManyRequests(
            "resend_too_soon", "The last mail went out less than a minute ago.", headers={"Retry-After": str(wait)}
        )


def seconds_to_wait(last_sent: datetime | None, now: datetime) -> int:
    """Whole seconds until another mail of the kind may go out; 0 for now."""
    wait = timedelta(0) if last_sent is None else last_sent + SEND_AGAIN_AFTER - now
    return int(wait.total_seconds()) + 1 if wait > timedelta(0) else 0
