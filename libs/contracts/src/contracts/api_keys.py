"""What an API key looks like: `obk_`, 32 random characters, 6 of checksum.

The prefix is for secret scanners; by the checksum they, and the gateway, tell a key from a typo without asking anybody.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "obk_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_CHARACTERS = 32
_CHECKSUM_CHARACTERS = 6
_SHAPE = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_RANDOM_CHARACTERS}}})([0-9A-Za-z]{{{_CHECKSUM_CHARACTERS}}})")


def new_api_key() -> str:
    """A new secret: 190 random bits. It is shown once and kept as `hash_api_key` only."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return PREFIX + body + _checksum(body)


def is_api_key(text: str) -> bool:
    """Whether a bearer token claims to be an API key."""
    return text.startswith(PREFIX)


def is_well_formed(text: str) -> bool:
    """Whether shape and checksum are right; a typo passes once in four thousand million."""
    found = _SHAPE.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def hash_api_key(secret: str) -> bytes:
    """What is stored and asked for. Plain SHA-256 is right: a slow hash protects what people think up and others could
    guess; 190 random bits are not guessed, and a key is looked up by its hash with each exchange.
    """
    return hashlib.sha256(secret.encode()).digest()


def hint_of(secret: str) -> str:
    """The end of it, by which people tell keys apart."""
    return secret[-4:]


def _checksum(body: str) -> str:
    """CRC-32 of the random part in base 62."""
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_CHARACTERS):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
