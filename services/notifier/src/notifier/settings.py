"""Notifier's settings, read from environment variables."""

from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from chassis.settings import BusSettings, DatabaseSettings, PeerSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings, BusSettings, PeerSettings):
    """What notifier reads beside the settings every service has."""

    command_private_key: SecretStr = Field(description="Opens sealed commands (Curve25519, 32 bytes, base64url).")
    redis_url: SecretStr = Field(description="redis://host:port/0: tickets, who is connected where, live pushes.")
    public_url: str = Field("http://localhost:8080", description="Where people reach the product; links start with it.")

    smtp_host: str = Field("127.0.0.1", description="Server that takes our mail.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port.")
    smtp_username: str | None = Field(None, description="Login, if the server wants one.")
    smtp_password: SecretStr | None = Field(None, description="Password of that login.")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("starttls", description="How the connection is encrypted.")
    smtp_timeout_seconds: float = Field(30, gt=0, le=90, description="Longest wait for one answer of the server.")
    mail_from: str = Field(description="Sender of every mail, e.g. ObjectaLabs <no-reply@example.com>")

    allowed_origins: list[str] = Field(
        default_factory=list, description="JSON list of origins whose pages may open a socket, beside PUBLIC_URL's."
    )
    heartbeat_seconds: float = Field(20, gt=0, description="How often each socket hears a ping frame.")
    sockets_per_user: int = Field(20, ge=1, description="Sockets one person may hold on one node.")
    sockets_per_address: int = Field(500, ge=1, description="Sockets one client address may hold on one node.")
    keep_notifications_days: int = Field(180, ge=31, description="Age at which a month of notifications is dropped.")
    keep_deliveries_days: int = Field(30, ge=1, description="Age at which finished deliveries are deleted.")

    @property
    def origins(self) -> frozenset[str]:
        """Origins a browser's socket may come from."""
        public = urlsplit(self.public_url)
        return frozenset({f"{public.scheme}://{public.netloc}", *self.allowed_origins})

    @property
    def keep_notifications(self) -> timedelta:
        return timedelta(days=self.keep_notifications_days)
