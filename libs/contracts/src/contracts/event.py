"""The parent of every event model: frozen, strict when written, tolerant when read."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """The `data` of one event version. A state event is the aggregate's whole public snapshot.

    Writing an unknown field is an error; reading one is not, so that a newer producer breaks no older consumer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    version: ClassVar[int]
    producers: ClassVar[tuple[str, ...]] = ()
    """Who publishes it, where that is not the one service whose module it stands in."""

    @property
    def subject(self) -> str:
        """The id of the aggregate the event is about."""
        raise NotImplementedError

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Validate received data, ignoring fields this version does not know. Raises pydantic.ValidationError."""
        return cls.model_validate(data, extra="ignore")
