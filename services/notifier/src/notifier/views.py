"""What clients see of a notification, in lists and in frames alike."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from notifier.storage.notifications import Notification


class NotificationView(BaseModel):
    """One notification. `cursor` orders a reader's notifications; `read_at` is null while it is unread."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    cursor: int
    kind: str
    category: str
    title: str
    body: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notification: Notification) -> Self:
        """The public part of a stored notification."""
        return cls.model_validate(notification)
