"""Secrets at rest that must be read again: encrypted, bound to their owner's row, under keys that can be rotated."""

import binascii
from collections.abc import Sequence
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from chassis.settings import StartRefused

_ID_BYTES = 16


class Vault:
    """Encrypts with the first key, decrypts with each. A secret opens for the owner it was sealed for only."""

    def __init__(self, keys: Sequence[str], *, setting: str) -> None:
        """`setting` names the variable that holds them. Raises StartRefused for a key that is none."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, binascii.Error):
            raise StartRefused(f"{setting}: each key is 32 bytes in base64url") from None

    def seal(self, owner_id: UUID, secret: str) -> bytes:
        """What the database keeps."""
        return self._fernet.encrypt(owner_id.bytes + secret.encode())

    def open(self, owner_id: UUID, sealed: bytes) -> str:
        """The secret. Raises ValueError where it is another owner's or under a key that is gone."""
        content = self._decrypt(sealed)
        if content[:_ID_BYTES] != owner_id.bytes:
            raise ValueError("a secret was sealed for somebody else")
        return content[_ID_BYTES:].decode()

    def reseal(self, sealed: bytes) -> bytes:
        """The same under the first key. Raises ValueError under a key that is gone."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise ValueError("a secret cannot be opened with today's keys") from None

    def _decrypt(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise ValueError("a secret cannot be opened with today's keys") from None
