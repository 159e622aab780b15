"""Sign-ins: how long they last, on what they were opened, what a refresh token may still do, where failures count."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.backoff import door_of

Client = Literal["browser", "api"]

LIFETIME = timedelta(days=30)
"""A sign-in ends after 30 days however much it is used (NIST SP 800-63B-4, reauthentication at AAL1)."""

LEEWAY = timedelta(seconds=30)
"""An answer may be lost on its way: for this long the token it replaced still works."""

KEPT_AFTER_END = timedelta(days=7)

CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_TRIES = 5

DEVICE_FORGOTTEN_AFTER = timedelta(days=400)
"""As long as browsers keep a cookie."""


@dataclass(frozen=True)
class Device:
    """What a sign-in is opened on: a name such as "Firefox on Linux", the client's address, a hash of its cookie."""

    name: str
    address: str
    cookie: bytes

    def key(self, client: Client) -> bytes:
        """What tells it from others of the same person; clients of kind `api` keep no cookie, so their name."""
        return self.cookie if client == "browser" else door_of("device", self.name)


@dataclass(frozen=True)
class Session:
    """One sign-in. `current_organization` is the one its next token is for.

    `shown_factor` is since when the second factor is on that its person showed in it; None for none.
    """

    id: UUID
    user_id: UUID
    current_organization: UUID | None
    client: Client
    expires_at: datetime
    revoked_at: datetime | None
    version: int
    shown_factor: datetime | None = None

    def alive(self, now: datetime) -> bool:
        """Neither revoked nor past its time."""
        return self.revoked_at is None and now < self.expires_at


RefreshVerdict = Literal["rotate", "reissue", "reuse"]


def judge_refresh(rotated_at: datetime | None, now: datetime) -> RefreshVerdict:
    """What to do with a presented refresh token of a live session.

    `rotate`: fresh. `reissue`: replaced within the leeway, the answer was lost or two tabs asked at once. `reuse`: an
    old one; somebody else holds the family, so all of it ends (RFC 9700, 4.14.2).
    """
    if rotated_at is None:
        return "rotate"
    return "reissue" if now - rotated_at <= LEEWAY else "reuse"


def login_door(email: str, address: str) -> bytes:
    """Where wrong passwords count: account and client address together.

    So that a guesser slows down himself only, never the account's owner elsewhere.
    """
    return door_of("password", email, address)


def address_door(address: str) -> bytes:
    """Where wrong passwords of one client address count, over all accounts: few guesses at many accounts show here."""
    return door_of("address", address)


def registration_door(address: str) -> bytes:
    """Where refused registrations of one client address count: each tells that an address is taken."""
    return door_of("registration", address)


def reset_door(email: str, address: str) -> bytes:
    """Where asking for a reset counts, whether or not the address has an account."""
    return door_of("reset", email, address)


def code_door(user_id: UUID) -> bytes:
    """Where wrong codes count: the account alone, for whoever stands there knows the password already."""
    return door_of("code", str(user_id))
