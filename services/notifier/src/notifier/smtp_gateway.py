"""SMTP, the only importer of aiosmtplib: hand one mail to the server and say in our words what became of it."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from notifier.settings import Settings


@dataclass(frozen=True)
class Sent:
    """The server took the responsibility for the mail."""

    code: int


@dataclass(frozen=True)
class Later:
    """Not now: refused for the moment (4xx), unreachable, our own login is wrong, or unknown because the answer to the
    body never came. The mail may have been sent in that last case; the next attempt has the same Message-ID.
    """

    reason: str
    code: int | None = None


@dataclass(frozen=True)
class Refused:
    """Refused for good (5xx). `blames` tells a mailbox that does not exist from a message that is not wanted."""

    code: int
    reason: str
    blames: Literal["recipient", "message"]


Outcome = Sent | Later | Refused


class SmtpGateway:
    """One connection a mail. Nothing is raised for what servers and networks do: it is an outcome."""

    def __init__(self, settings: Settings, *, hello: str) -> None:
        """`hello` is the domain we introduce ourselves with; asking the name server for it can take seconds."""
        self._settings = settings
        self._hello = hello

    async def send(self, message: EmailMessage) -> Outcome:
        """Send to the message's own From and To; takes at most about six time-outs of the settings."""
        try:
            async with self._client() as client:
                _, response = await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            return _judge(first.code, first.message, "recipient")
        except aiosmtplib.SMTPRecipientRefused as error:
            return _judge(error.code, error.message, "recipient")
        except aiosmtplib.SMTPDataError as error:
            return _judge(error.code, error.message, "message")
        except aiosmtplib.SMTPResponseException as error:
            return Later(f"{type(error).__name__}: {error.message}", error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Later(f"{type(error).__name__}: {error}")
        return Sent(250 if not response[:3].isdecimal() else int(response[:3]))

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            local_hostname=self._hello,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            timeout=settings.smtp_timeout_seconds,
        )


def _judge(code: int, reason: str, blames: Literal["recipient", "message"]) -> Outcome:
    return Refused(code, reason, blames) if code >= 500 else Later(reason, code)
