"""A person and what may be written about one: address, name, password, locale, time zone."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from zxcvbn import zxcvbn

from chassis.problems import invalid_field

PASSWORD_MIN = 12
PASSWORD_MAX = 128
NAME_MAX = 100
DEFAULT_LOCALE = "en"
DEFAULT_TIME_ZONE = "UTC"

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_TIME_ZONES = frozenset(available_timezones())

PASSWORD_GUESSES = 10**7
"""A password that a good guesser finds within so many tries is refused."""

_GUESSED_FROM = 32
"""Only so much of a password is weighed: the whole is no weaker, and weighing takes longer than linear time."""

_PRODUCT_WORDS = ("objecta", "objectalabs")
_WORD_MIN = 3
_UNRELATED_MIN = 8


@dataclass(frozen=True)
class User:
    """A person with an account; never carries the password's hash.

    Who ended theirs (`deleted_at`) has neither name nor address any more.
    """

    id: UUID
    email: str
    name: str
    locale: str
    time_zone: str
    email_verified: bool
    version: int
    deleted_at: datetime | None = None


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same mailbox to us: case does not count."""
    return one.lower() == other.lower()


def clean_email(email: str, pointer: str = "/email") -> str:
    """The address in its normal form, without asking the DNS. Raises Invalid.

    Only ASCII before the @: other addresses need SMTPUTF8, which many servers still refuse.
    """
    try:
        checked = validate_email(email, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise invalid_field(pointer, "email_invalid", str(error)) from None
    return checked.normalized


def clean_name(name: str, pointer: str = "/name") -> str:
    """A name of a person or an organization, trimmed and in NFC, at most 100 characters. Raises Invalid.

    Control and format characters are refused: a line break ends a mail header, a direction mark disguises a name.
    Markup is kept as it is: whoever shows a name escapes it.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > NAME_MAX:
        raise invalid_field(pointer, "length", f"A name has 1 to {NAME_MAX} characters.")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and c != "\u200d" for c in name):
        raise invalid_field(pointer, "control_character", "A name holds no control characters.")
    return name


def normal_password(password: str) -> str:
    """A password as it is hashed, however it was typed: in NFC (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


def clean_password(password: str, *, email: str, name: str = "", pointer: str = "/password") -> str:
    """The password in NFC (RFC 8265, OpaqueString). Raises Invalid.

    NIST SP 800-63B-4 (3.1.1.2) asks for 15 characters where the password is the only factor and 8 beside a second one;
    accounts here may or may not have one, and sign-in backs off after failures: 12 lies between. No composition rules.
    Refused, as the same section asks: common and breached ones, repetitions and rows of keys, and what is made of the
    own address, the own name or the product's (zxcvbn and its lists of 47,000 passwords and of words).
    """
    password = normal_password(password)
    if len(password) < PASSWORD_MIN:
        raise invalid_field(pointer, "password_short", f"A password has at least {PASSWORD_MIN} characters.")
    if len(password) > PASSWORD_MAX:
        raise invalid_field(pointer, "password_long", f"A password has at most {PASSWORD_MAX} characters.")
    folded, local = password.casefold(), email.partition("@")[0].casefold()
    if email.casefold() in folded or local == folded:
        raise invalid_field(pointer, "password_is_email", "The password must not hold the e-mail address.")
    if len(_without_own_words(folded, local, name)) < _UNRELATED_MIN:
        raise invalid_field(pointer, "password_personal", "Your name, address or ours is most of this password.")
    if zxcvbn(password[:_GUESSED_FROM])["guesses"] < PASSWORD_GUESSES:
        raise invalid_field(
            pointer, "password_common", "This password is among the first that are guessed. Try a few unrelated words."
        )
    return password


def _without_own_words(folded: str, local: str, name: str) -> str:
    """What is left of a password without the words that its owner is known by."""
    words = {*re.split(r"\W+", f"{local} {name.casefold()}"), *_PRODUCT_WORDS}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _WORD_MIN:
            folded = folded.replace(word, "")
    return folded


def clean_locale(locale: str, pointer: str = "/locale") -> str:
    """A language tag such as `en` or `pt-BR` (BCP 47: language, script, region). Raises Invalid."""
    if not _LOCALE.fullmatch(locale):
        raise invalid_field(pointer, "locale_invalid", "A locale looks like en or pt-BR.")
    return locale


def clean_time_zone(zone: str, pointer: str = "/time_zone") -> str:
    """A name of the IANA time zone database such as `Europe/Berlin`. Raises Invalid."""
    if zone not in _TIME_ZONES:
        raise invalid_field(pointer, "time_zone_unknown", "A time zone looks like Europe/Berlin.")
    return zone
