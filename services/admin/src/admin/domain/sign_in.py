"""Sign-ins of staff: how long they last, where failures count, what a refresh token may still do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.backoff import door_of

LIFETIME = timedelta(hours=8)
IDLE = timedelta(minutes=30)
"""A sign-in ends after eight hours, or half an hour after its last request."""

TOUCHED_EVERY = timedelta(minutes=1)
"""How exactly the last request is kept: a write a minute, not one a request."""

LEEWAY = timedelta(seconds=30)
"""An answer may be lost on its way: for this long the refresh token it replaced still works."""

KEPT_AFTER_END = timedelta(days=90)

CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_TRIES = 5

AMR = ("pwd", "otp")
"""RFC 8176. A recovery code is a one-time password too."""

RefreshVerdict = Literal["rotate", "reissue", "reuse"]


@dataclass(frozen=True)
class Session:
    """One sign-in."""

    id: UUID
    user_id: UUID
    authenticated_at: datetime
    used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def alive(self, now: datetime) -> bool:
        """Neither revoked, nor past its time, nor left alone for too long."""
        return self.revoked_at is None and now < self.expires_at and now - self.used_at < IDLE

    def wants_touch(self, now: datetime) -> bool:
        """Whether the stored time of the last request is old enough to be written anew."""
        return now - self.used_at >= TOUCHED_EVERY


def judge_refresh(rotated_at: datetime | None, now: datetime) -> RefreshVerdict:
    """What a presented refresh token of a live session means.

    `rotate`: fresh. `reissue`: replaced within the leeway, two tabs asked at once. `reuse`: an old one; somebody else
    holds the family, so all of it ends (RFC 9700, 4.14.2).
    """
    if rotated_at is None:
        return "rotate"
    return "reissue" if now - rotated_at <= LEEWAY else "reuse"


def password_door(email: str, address: str) -> bytes:
    """Where wrong passwords count: account and client address together, so that a guesser slows down only himself."""
    return door_of("password", email, address)


def code_door(user_id: UUID) -> bytes:
    """Where wrong codes count: the account alone, for whoever stands there knows the password already."""
    return door_of("code", str(user_id))
