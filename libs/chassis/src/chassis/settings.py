"""One frozen settings model a service, read from environment variables; a bad start is refused with a sentence."""

from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only"  # noqa: S105 - its presence is what production refuses
REFUSED = 78
"""EX_CONFIG of sysexits.h, the exit code of a refused start: a supervisor need not try again."""

_CONFIG = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ServiceSettings(BaseSettings):
    """What every service reads. Names are environment variables in upper case, e.g. DATABASE_API_URL."""

    model_config = _CONFIG

    environment: Literal["development", "production"] = Field("development", description="Production refuses defaults.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level written.")
    http_host: str = Field("127.0.0.1", description="Address the API listens on.")
    http_port: int = Field(8000, ge=0, le=65535, description="Port of the API; 0 picks a free one.")
    metrics_host: str = Field("127.0.0.1", description="Address of /metrics and /health, never public.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of /metrics and /health; 0 picks a free one.")
    internal_host: str = Field("127.0.0.1", description="Address of the worker's door for other services.")
    internal_port: int = Field(0, ge=0, le=65535, description="Port of that door; 0 picks a free one.")
    shutdown_seconds: float = Field(20, gt=0, description="How long work in hand may take after SIGTERM.")
    http_workers: int = Field(
        1, ge=1, le=64, description="Processes of `serve` on one port; the n-th has METRICS_PORT + n."
    )
    http_reuse_port: bool = Field(False, description="Several processes on one port (SO_REUSEPORT).")
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.0/8", "::1/128"), description="JSON list of networks whose X-Forwarded-For is believed."
    )
    otel_exporter_otlp_endpoint: str | None = Field(None, description="OTLP/HTTP collector; no traces leave without.")


class DatabaseSettings(BaseSettings):
    """Mixed into the settings of a service that has a schema."""

    model_config = _CONFIG

    database_owner_url: SecretStr | None = Field(
        None, description="Role that owns the schema; `migrate` alone needs it."
    )
    database_api_url: SecretStr = Field(description="Role of the HTTP door, under row-level security.")
    database_worker_url: SecretStr = Field(description="Role of consumers and jobs: all organizations, own schema.")
    database_pool_size: int = Field(8, ge=2, le=64, description="Connections a process holds.")


class BusSettings(BaseSettings):
    """Mixed into the settings of a service that speaks events."""

    model_config = _CONFIG

    rabbitmq_url: SecretStr = Field(description="amqp://user:password@host:port/vhost")
    rabbitmq_management_url: SecretStr = Field(
        description="http://user:password@host:port, where policies are applied."
    )


class BlobSettings(BaseSettings):
    """Mixed into the settings of a service that keeps files."""

    model_config = _CONFIG

    blobs_url: str = Field(
        "file:.local/blobs",
        description="Where files lie: file:///folder, which all processes of the service share, or s3://bucket/prefix.",
    )
    blobs_s3_endpoint: str | None = Field(
        None, description="https://host:port of a store that is not Amazon's, as browsers reach it too."
    )
    blobs_s3_region: str | None = Field(None, description="Region of the bucket; us-east-1 without.")
    blobs_s3_access_key_id: SecretStr | None = Field(None, description="Without: the identity of the pod or machine.")
    blobs_s3_secret_access_key: SecretStr | None = Field(None, description="Belongs to BLOBS_S3_ACCESS_KEY_ID.")
    blobs_link_key: SecretStr | None = Field(
        None, description="Secret (32 bytes, base64url) that signs links to files in a folder; S3 signs its own."
    )


class PeerSettings(BaseSettings):
    """Mixed into the settings of a service that verifies tokens or calls another service."""

    model_config = _CONFIG

    teams_url: str = Field("http://127.0.0.1:8001", description="Where teams answers: JWKS, revocations.")
    internal_signing_key: SecretStr = Field(description="Own Ed25519 private key (32 bytes, base64url).")
    trusted_services: dict[str, str] = Field(
        default_factory=dict, description="JSON: service name -> Ed25519 public key (32 bytes, base64url)."
    )


class StartRefused(Exception):
    """The process must not start; the message says what to change."""


S = TypeVar("S", bound=ServiceSettings)


def load(model: type[S]) -> S:
    """Read the settings from the environment. Raises StartRefused, naming each variable that is missing or wrong."""
    try:
        settings = model()
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
        lines.append("`settings` in place of the command tells what each one means")
        raise StartRefused("the settings are not complete:\n" + "\n".join(lines)) from None
    if settings.environment == "production":
        _refuse_development_secrets(settings)
    return settings


def _refuse_development_secrets(settings: ServiceSettings) -> None:
    """A secret that everybody can read in our repository is none."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and DEVELOPMENT_SECRET in value.get_secret_value():
            raise StartRefused(f"{name.upper()} holds a development secret: set a real one for production")
