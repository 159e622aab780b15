"""The mails that were caught, in memory and bounded."""

import asyncio
import email
import email.policy
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

MAX_MESSAGES = 500
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class CaughtMail:
    """One mail as it came over the wire. `id` grows by one with each mail; `to` is the envelope's, so Bcc is in it."""

    id: int
    sender: str
    to: tuple[str, ...]
    received_at: datetime
    raw: bytes

    def summary(self) -> dict[str, Any]:
        """What a list shows."""
        message = self._parsed()
        return {
            "id": self.id,
            "from": str(message.get("From", self.sender)),
            "to": list(self.to),
            "subject": str(message.get("Subject", "")),
            "received_at": self.received_at.isoformat(),
            "size": len(self.raw),
        }

    def detail(self) -> dict[str, Any]:
        """What a reader shows: the summary, `text` and `html` (null where the mail has no such part), all headers."""
        message = self._parsed()
        return {
            **self.summary(),
            "text": _body(message, "plain"),
            "html": _body(message, "html"),
            "headers": [[name, str(value)] for name, value in message.items()],
        }

    def _parsed(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


class Mailbox:
    """Holds the newest mails: at most 500, at most 32 MiB."""

    def __init__(self, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._mails: deque[CaughtMail] = deque()
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._last_id = 0
        self._arrived = asyncio.Condition()

    async def add(self, sender: str, to: list[str], raw: bytes) -> CaughtMail:
        """Keep a mail, let go of the oldest beyond the bounds, and wake whoever waits."""
        self._last_id += 1
        mail = CaughtMail(self._last_id, sender, tuple(to), datetime.now(UTC), raw)
        self._mails.append(mail)
        self._bytes += len(raw)
        while len(self._mails) > self._max_messages or (self._bytes > self._max_bytes and len(self._mails) > 1):
            self._bytes -= len(self._mails.popleft().raw)
        async with self._arrived:
            self._arrived.notify_all()
        return mail

    def newest(self, *, to: str | None, limit: int) -> list[CaughtMail]:
        """Newest first; `to` is one recipient's address, in any case."""
        return [mail for mail in reversed(self._mails) if _is_for(mail, to)][:limit]

    def get(self, mail_id: int) -> CaughtMail | None:
        """One mail, if it is still kept."""
        return next((mail for mail in self._mails if mail.id == mail_id), None)

    def clear(self) -> None:
        """Forget all; ids go on counting."""
        self._mails.clear()
        self._bytes = 0

    async def wait(self, *, to: str | None, after: int, seconds: float) -> CaughtMail | None:
        """The oldest mail for `to` with an id above `after`, now or within `seconds`; None if none comes."""
        try:
            async with asyncio.timeout(seconds), self._arrived:
                while True:
                    if (found := next(self._after(to, after), None)) is not None:
                        return found
                    await self._arrived.wait()
        except TimeoutError:
            return None

    def _after(self, to: str | None, after: int) -> Iterator[CaughtMail]:
        return (mail for mail in self._mails if mail.id > after and _is_for(mail, to))


def _is_for(mail: CaughtMail, to: str | None) -> bool:
    return to is None or to.casefold() in (address.casefold() for address in mail.to)
