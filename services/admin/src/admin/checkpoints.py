"""The signature over a day's end: made with a key that whoever rewrites the database does not have."""

from collections.abc import Sequence

from admin.domain.audit import Head
from chassis.chains import Seal
from chassis.keys import SigningKey


class CheckpointSeal:
    """Signs with the first key, believes each."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._seal = Seal(keys)

    def sign(self, head: Head) -> bytes:
        """64 bytes."""
        return self._seal.sign(head.signed_content())

    def believes(self, head: Head, signature: bytes) -> bool:
        """Whether one of our keys signed exactly this."""
        return self._seal.believes(head.signed_content(), signature)
