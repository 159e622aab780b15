"""Sealed boxes (PyNaCl, X25519): anybody closes one with the public key, only the private key's holder opens it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

KEY_BYTES = 32


class CannotOpen(ValueError):
    """Sealed for another key, or tampered with."""


def _encode(key: bytes) -> str:
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def _decode(key: str) -> bytes:
    """Both base64 alphabets are taken, with or without padding. Raises ValueError."""
    raw = urlsafe_b64decode(key.replace("+", "-").replace("/", "_").rstrip("=") + "=" * (-len(key.rstrip("=")) % 4))
    if len(raw) != KEY_BYTES:
        raise ValueError(f"a sealing key has {KEY_BYTES} bytes, this one {len(raw)}")
    return raw


def new_keypair() -> tuple[str, str]:
    """A new (private, public) pair, each 32 bytes in base64url without padding."""
    private = PrivateKey.generate()
    return _encode(bytes(private)), _encode(bytes(private.public_key))


def public_key_of(private_key: str) -> str:
    """The public half of a private key. Raises ValueError for a malformed one."""
    return _encode(bytes(PrivateKey(_decode(private_key)).public_key))


def seal(public_key: str, plain: bytes) -> bytes:
    """Close a box for the key's owner. Raises ValueError for a malformed key."""
    return SealedBox(PublicKey(_decode(public_key))).encrypt(plain)


def open_sealed(private_key: str, sealed: bytes) -> bytes:
    """The box's content. Raises CannotOpen for another key or a changed byte; ValueError for a malformed key."""
    box = SealedBox(PrivateKey(_decode(private_key)))
    try:
        return box.decrypt(sealed)
    except (CryptoError, TypeError, ValueError):
        raise CannotOpen("the box was sealed for another key, or changed on its way") from None
