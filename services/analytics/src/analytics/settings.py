"""Analytics' settings, read from environment variables."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import BusSettings, DatabaseSettings, PeerSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings, BusSettings, PeerSettings):
    """What analytics reads beside the settings every service has."""

    keep_events_days: int = Field(
        400, ge=36, description="Older raw events are dropped, a month at a time, and refused at the door; counts stay."
    )

    @property
    def keep_events(self) -> timedelta:
        return timedelta(days=self.keep_events_days)
