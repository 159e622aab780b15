"""Secrets and keys of the local stack: generated once, kept in .local/secrets.json, readable by its owner only."""

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chassis.keys import SigningKey
from chassis.sealing import new_keypair
from local_stack.accounts import write_private


@dataclass
class ServiceSecrets:
    """One service's: the passwords of its database roles, its key for tokens to other services (private, public)."""

    database: dict[str, str]
    signing_key: str
    public_key: str


def _fernet_key() -> str:
    """A Fernet key: 32 random bytes in base64url, padded."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Keyring:
    """Everything that must not be guessable, even on a laptop: other users of the machine can reach loopback."""

    engines: str
    supervisor: str
    token_signing_key: str
    command_private_key: str
    command_public_key: str
    demo_password: str
    admin_signing_key: str = field(default_factory=lambda: SigningKey.generate().private_text)
    totp_seed_key: str = field(default_factory=_fernet_key)
    customer_totp_seed_key: str = field(default_factory=_fernet_key)
    sso_secret_key: str = field(default_factory=_fernet_key)
    stripe_webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(24)}")
    services: dict[str, ServiceSecrets] = field(default_factory=dict)

    @property
    def trusted_services(self) -> dict[str, str]:
        """Service -> the public key that its internal tokens are verified with."""
        return {name: service.public_key for name, service in self.services.items()}


def load_or_generate(path: Path, services: Iterable[str]) -> Keyring:
    """Read the keyring, adding what a new service needs."""
    keyring = _read(path) if path.exists() else _generate()
    for name in services:
        if name not in keyring.services:
            keyring.services[name] = _service_secrets()
    text = json.dumps(asdict(keyring), indent=2)
    if not path.exists() or path.read_text() != text:
        write_private(path, text)
    return keyring


def _read(path: Path) -> Keyring:
    stored = json.loads(path.read_text())
    services = {name: ServiceSecrets(**entry) for name, entry in stored.pop("services").items()}
    return Keyring(**stored, services=services)


def _generate() -> Keyring:
    private, public = new_keypair()
    return Keyring(
        engines=secrets.token_urlsafe(24),
        supervisor=secrets.token_urlsafe(24),
        token_signing_key=SigningKey.generate().private_text,
        command_private_key=private,
        command_public_key=public,
        demo_password=f"demo-{secrets.token_hex(6)}",
    )


def _service_secrets() -> ServiceSecrets:
    key = SigningKey.generate()
    passwords = {role: secrets.token_urlsafe(24) for role in ("owner", "api", "worker")}
    return ServiceSecrets(database=passwords, signing_key=key.private_text, public_key=key.public_text)
