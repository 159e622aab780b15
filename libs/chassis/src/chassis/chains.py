"""What a log that nobody can rewrite unseen is made of: hashes that cover the row before, commitments to what may be
erased, and signatures over a chain's end. Where rows stand, and in which order, is said by the service that keeps them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.keys import SigningKey, VerifyingKey, decode

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SALT_BYTES = 16


def origin_of(log: str) -> bytes:
    """What stands before the first row of a log of that name."""
    return hashlib.sha256(log.encode()).digest()


def hash_of(parts: Iterable[str]) -> bytes:
    """SHA-256 over every part, each with its length, so that nothing can move from one into the next."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode()
        digest.update(len(content).to_bytes(4, "big") + content)
    return digest.digest()


def written(details: Mapping[str, Any]) -> str:
    """Details as text, keys in order: what is stored is what was hashed."""
    return orjson.dumps(dict(details), option=orjson.OPT_SORT_KEYS, default=str).decode()


def commit_to(salt: bytes, details: str) -> bytes:
    """Salted, so that nobody guesses erased details from their hash."""
    return hashlib.sha256(salt + details.encode()).digest()


@dataclass(frozen=True)
class Place:
    """Where a chain stands: the number of its last row and that row's hash."""

    number: int
    hash: bytes


class Link(Protocol):
    """A row of a chain without its details: a frozen dataclass of the service's own, hashed by `hash_of_fields`."""

    @property
    def number(self) -> int: ...
    @property
    def commitment(self) -> bytes: ...
    @property
    def previous(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...


L = TypeVar("L", bound=Link)


def hash_of_fields(link: "DataclassInstance") -> bytes:
    """Over every field in its order: add one, or move one, and every hash is another."""
    return hash_of(_text(getattr(link, field.name)) for field in fields(link))


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True)
class StoredLink(Generic[L]):
    """A row as the database holds it today. `link.hash` is of what stands in it, `hash` what is written there.

    `salt` and `details` are None where they are gone.
    """

    link: L
    hash: bytes
    salt: bytes | None
    details: str | None

    @property
    def erased(self) -> bool:
        """Whether what it committed to is gone."""
        return self.salt is None or self.details is None


def fault_of(row: StoredLink[Any], after: Place) -> str | None:
    """What is wrong with a row that should follow `after`; None if nothing. Erased details are no fault here."""
    link: Link = row.link
    if link.number != after.number + 1:
        return f"row {after.number + 1} was removed before it"
    if link.previous != after.hash:
        return "it does not follow the row before it: one was removed, inserted or changed there"
    if link.hash != row.hash:
        return "it was changed"
    if row.salt is not None and row.details is not None and commit_to(row.salt, row.details) != link.commitment:
        return "its details were changed"
    return None


class Seal:
    """Signatures over the ends of chains, by keys that whoever rewrites the database does not have.

    Signs with the first key, believes each, and each of `trusted` (public halves of keys that sign no more).
    """

    def __init__(self, keys: Sequence[SigningKey], trusted: Sequence[VerifyingKey] = ()) -> None:
        self._signing = [Ed25519PrivateKey.from_private_bytes(decode(key.private_text)) for key in keys]
        public = [key.public_key() for key in self._signing]
        self._believed = public + [Ed25519PublicKey.from_public_bytes(decode(key.jwk()["x"])) for key in trusted]

    def sign(self, content: bytes) -> bytes:
        """64 bytes."""
        return self._signing[0].sign(content)

    def believes(self, content: bytes, signature: bytes) -> bool:
        """Whether one of the keys signed exactly this."""
        return any(_verifies(key, content, signature) for key in self._believed)


def _verifies(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
