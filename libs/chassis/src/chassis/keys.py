"""Ed25519 keys as they travel: 32 raw bytes in base64url; `kid` is the RFC 7638 thumbprint."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey

from chassis.settings import StartRefused

KEY_BYTES = 32


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The 32 bytes behind a base64url text, padded or not. Raises ValueError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if len(raw) != KEY_BYTES:
        raise ValueError(f"{len(raw)} bytes instead of {KEY_BYTES}")
    return raw


@dataclass(frozen=True)
class VerifyingKey:
    """A public key and its `kid`."""

    kid: str
    key: OKPKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """From 32 bytes in base64url. Raises ValueError."""
        return cls._of(OKPKey.import_key(Ed25519PublicKey.from_public_bytes(decode(text))))

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> Self:
        """From a JWK; its `kid` is computed, never believed. Raises ValueError for anything but an Ed25519 key."""
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(jwk.get("x"), str):
            raise ValueError("not an Ed25519 key")
        return cls.parse(jwk["x"])

    @classmethod
    def _of(cls, key: OKPKey) -> Self:
        return cls(key.thumbprint(), key)

    def jwk(self) -> dict[str, str]:
        """The public JWK as a JWKS lists it."""
        x = self.key.as_dict(private=False)["x"]
        return {"kty": "OKP", "crv": "Ed25519", "x": str(x), "kid": self.kid, "use": "sig", "alg": "EdDSA"}


@dataclass(frozen=True)
class SigningKey:
    """A private key and its `kid`."""

    kid: str
    key: OKPKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """From 32 private bytes in base64url. Raises StartRefused: only settings hold private keys."""
        try:
            raw = decode(text)
        except ValueError as error:
            raise StartRefused(f"a signing key is {error}; make one with `python -m chassis.keys`") from None
        key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(raw))
        return cls(key.thumbprint(), key)

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        key = OKPKey.generate_key("Ed25519")
        return cls(key.thumbprint(), key)

    @property
    def private_text(self) -> str:
        """What `parse` reads; a secret."""
        return str(self.key.as_dict(private=True)["d"])

    @property
    def public_text(self) -> str:
        """What `VerifyingKey.parse` reads and TRUSTED_SERVICES lists."""
        return str(self.key.as_dict(private=False)["x"])

    @property
    def verifying(self) -> VerifyingKey:
        """The public half."""
        return VerifyingKey.parse(self.public_text)


def jwks(keys: Iterable[SigningKey]) -> dict[str, list[dict[str, str]]]:
    """The document served at /.well-known/jwks.json."""
    return {"keys": [key.verifying.jwk() for key in keys]}


def main() -> None:
    """Print a new key pair as the settings take it."""
    import sys

    key = SigningKey.generate()
    sys.stdout.write(f"private {key.private_text}\npublic  {key.public_text}\n")


if __name__ == "__main__":
    main()
