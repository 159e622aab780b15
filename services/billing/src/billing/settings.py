"""Billing's settings, read from environment variables."""

from pathlib import Path

from pydantic import Field, SecretStr

from chassis.settings import BusSettings, DatabaseSettings, PeerSettings, ServiceSettings

CATALOG = Path(__file__).parents[2] / "catalog.yaml"


class Settings(ServiceSettings, DatabaseSettings, BusSettings, PeerSettings):
    """What billing reads beside the settings every service has."""

    stripe_api_key: SecretStr = Field(
        description="Secret or restricted key; its mode (live or test) is the only one heard."
    )
    stripe_api_base: str | None = Field(None, description="Another address for Stripe's API, e.g. the simulator's.")
    stripe_webhook_secrets: tuple[SecretStr, ...] = Field(
        min_length=1, description="JSON list of live signing secrets of the endpoint: two while one is being replaced."
    )
    stripe_timeout_seconds: float = Field(20, gt=0, le=80, description="Longest wait for one answer of Stripe.")
    webhook_tolerance_seconds: int = Field(300, ge=1, description="How far a webhook's timestamp may be past or ahead.")
    operation_wait_seconds: float = Field(
        10, ge=0, le=30, description="How long a request waits for Stripe before 202."
    )
    keep_webhooks_days: int = Field(90, ge=31, description="Age at which handled webhooks are deleted.")
    catalog_file: Path = Field(CATALOG, description="The plans, as reviewed.")

    @property
    def live(self) -> bool:
        """Whether the key moves real money."""
        return "_live_" in self.stripe_api_key.get_secret_value()
