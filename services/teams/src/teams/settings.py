"""What teams reads from the environment."""

from collections.abc import Sequence
from functools import cached_property

from pydantic import AnyHttpUrl, Field, SecretStr
from yarl import URL

from chassis.chains import Seal
from chassis.keys import SigningKey, VerifyingKey
from chassis.second_factors import SeedVault
from chassis.settings import BlobSettings, BusSettings, DatabaseSettings, PeerSettings, ServiceSettings
from chassis.vault import Vault

SSO_CALLBACK = "/v1/auth/sso/callback"


class KeySettings(ServiceSettings):
    """The keys that only teams has."""

    signing_keys: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="JSON list of Ed25519 private keys (32 bytes, base64url): the first signs, all are published.",
    )
    checkpoint_keys: tuple[SecretStr, ...] = Field(
        (),
        description="JSON list of Ed25519 private keys for the activity log's checkpoints: the first signs, all are "
        "believed. SIGNING_KEYS where empty; with keys of its own a rotation of tokens' keys leaves checkpoints alone.",
    )

    @cached_property
    def keys(self) -> tuple[SigningKey, ...]:
        """The signing keys. Raises StartRefused for one that is none."""
        return tuple(SigningKey.parse(key.get_secret_value()) for key in self.signing_keys)

    def seal(self, trusted: Sequence[VerifyingKey] = ()) -> Seal:
        """What signs checkpoints and believes them, also those of `trusted` keys. Raises StartRefused."""
        own = [SigningKey.parse(key.get_secret_value()) for key in self.checkpoint_keys]
        return Seal(own or self.keys, trusted)


class Settings(KeySettings, DatabaseSettings, BusSettings, PeerSettings, BlobSettings):
    """Names are environment variables in upper case, e.g. SIGNING_KEYS."""

    totp_seed_keys: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="JSON list of Fernet keys (32 bytes, base64url) for second factors at rest: "
        "the first encrypts, all decrypt.",
    )
    notifier_public_key: str = Field(description="Sealed-box public key of notifier, for mails with secret links.")
    sso_secret_keys: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="JSON list of Fernet keys (32 bytes, base64url) for the client secrets of single sign-on at rest: "
        "the first encrypts, all decrypt.",
    )
    sso_private_providers: bool = Field(
        False, description="Whether providers of single sign-on may stand in private networks, or on this machine."
    )
    sso_nameservers: tuple[str, ...] = Field(
        (), description="JSON list of address:port asked for TXT records; empty: the system's."
    )
    activity_kept_days: int = Field(
        1096, ge=31, description="How long activity is kept, in days: as long as the longest plan promises."
    )
    public_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://localhost:8080"), description="Where browsers reach the product; cookies depend on it."
    )

    @cached_property
    def seed_vault(self) -> SeedVault:
        """What second factors are kept in. Raises StartRefused for a key that is none."""
        return SeedVault([key.get_secret_value() for key in self.totp_seed_keys])

    @cached_property
    def vault(self) -> Vault:
        """For secrets at rest. Raises StartRefused for a key that is none."""
        return Vault([key.get_secret_value() for key in self.sso_secret_keys], setting="SSO_SECRET_KEYS")

    @cached_property
    def origin(self) -> URL:
        """Scheme, host and port of `public_url`, as a browser's Origin header names them."""
        return URL(str(self.public_url)).origin()

    @property
    def sso_redirect_uri(self) -> str:
        """What every provider is told to send browsers back to."""
        return str(self.origin / SSO_CALLBACK.lstrip("/"))


class CommandSettings(KeySettings):
    """What the command line needs: the owner's door, which sees every organization."""

    database_owner_url: SecretStr = Field(description="Role that owns the schema.")
