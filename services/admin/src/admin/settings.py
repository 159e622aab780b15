"""What admin reads from the environment."""

from functools import cached_property

from pydantic import AnyHttpUrl, Field, SecretStr
from yarl import URL

from chassis.keys import SigningKey
from chassis.settings import BusSettings, DatabaseSettings, PeerSettings, ServiceSettings


class KeySettings(ServiceSettings):
    """The two kinds of keys that only admin has."""

    admin_signing_keys: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="JSON list of Ed25519 private keys (32 bytes, base64url) for staff tokens and audit checkpoints: "
        "the first signs, all are believed.",
    )
    totp_seed_keys: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="JSON list of Fernet keys (32 bytes, base64url) for second factors at rest: "
        "the first encrypts, all decrypt.",
    )

    @cached_property
    def keys(self) -> tuple[SigningKey, ...]:
        """The signing keys. Raises StartRefused for one that is none."""
        return tuple(SigningKey.parse(key.get_secret_value()) for key in self.admin_signing_keys)


class Settings(KeySettings, DatabaseSettings, BusSettings, PeerSettings):
    """Names are environment variables in upper case, e.g. ADMIN_SIGNING_KEYS."""

    public_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://localhost:8080"), description="Where staff reach the console; cookies depend on it."
    )
    services_internal: dict[str, str] = Field(
        default_factory=dict, description="JSON: service name -> URL of its worker's internal door, for dead letters."
    )

    @cached_property
    def origin(self) -> URL:
        """Scheme, host and port of `public_url`, as a browser's Origin header names them."""
        return URL(str(self.public_url)).origin()


class CommandSettings(KeySettings):
    """What the command line needs: the owner's door, because who is staff is no runtime role's to say."""

    database_owner_url: SecretStr = Field(description="Role that owns the schema.")
    public_url: AnyHttpUrl = Field(AnyHttpUrl("http://localhost:8080"), description="Where staff reach the console.")
