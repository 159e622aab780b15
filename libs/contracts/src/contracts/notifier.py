"""Events that notifier publishes."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import EventData


class NotificationCreatedV1(EventData):
    """A notification was stored for one person. Its text stays in notifier: facts travel, words do not."""

    type: ClassVar[str] = "notification.created"
    version: ClassVar[int] = 1

    notification_id: UUID
    user_id: UUID
    organization_id: UUID | None
    category: str
    kind: str
    created_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.notification_id)


class EmailBouncedV1(EventData):
    """A receiving server refused a mail for good (5xx). The address itself is not published."""

    type: ClassVar[str] = "email.bounced"
    version: ClassVar[int] = 1

    delivery_id: UUID
    template: str
    smtp_code: int
    bounced_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.delivery_id)


class EmailBouncedV2(EventData):
    """As v1, and how often the mail was tried: a refusal at the first try says most about the address."""

    type: ClassVar[str] = "email.bounced"
    version: ClassVar[int] = 2

    delivery_id: UUID
    template: str
    smtp_code: int
    attempts: int
    bounced_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.delivery_id)


def email_bounced_v2(data: dict[str, Any]) -> dict[str, Any]:
    """v1 did not say how often: at least once."""
    return data | {"attempts": 1}
