"""A member of our own staff, and what may be written about one."""

import unicodedata
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from contracts.permissions import AdminRole

PASSWORD_MIN = 15
PASSWORD_MAX = 128
"""NIST SP 800-63B-4, 3.1.1.2: fifteen characters, as if the password stood alone."""

TELLING = 4
"""How many letters the name of an address has at least where it gives a password away: `al` is in many words."""


class Refused(ValueError):
    """What was given cannot be; the message says what to change."""


@dataclass(frozen=True)
class Staff:
    """Somebody of ours; never carries the password's hash or the seed."""

    id: UUID
    email: str
    name: str
    role: AdminRole
    state: Literal["active", "disabled"]

    @property
    def active(self) -> bool:
        return self.state == "active"


def clean_email(email: str) -> str:
    """The address in its normal form. Raises Refused."""
    try:
        return validate_email(email, check_deliverability=False, allow_smtputf8=False, strict=True).normalized
    except EmailNotValidError as error:
        raise Refused(str(error)) from None


def normal_email(email: str) -> str:
    """As it was stored; what is no address stays as it is and fails like a wrong password, not like a wrong field."""
    try:
        return clean_email(email)
    except Refused:
        return email


def normal_password(password: str) -> str:
    """In NFC (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


def clean_password(password: str, *, email: str) -> str:
    """A new password. Raises Refused."""
    password = normal_password(password)
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Refused(f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    if len(set(password.casefold())) < 6:
        raise Refused("this password is among the first that are guessed")
    local = email.partition("@")[0].casefold()
    if len(local) >= TELLING and local in password.casefold():
        raise Refused("the password must not hold the name of the address")
    return password
