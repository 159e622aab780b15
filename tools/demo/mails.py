"""The mail catcher's API: waiting for a mail, and finding the link in it."""

import re
from dataclasses import dataclass
from typing import Any

import aiohttp

from demo.failure import DemoFailed

_LINK = re.compile(r"https?://\S+#token=[\w\-.~]+")


@dataclass(frozen=True)
class InvitationMail:
    """The mail with the link in it."""

    subject: str
    sender: str
    link: str

    @property
    def token(self) -> str:
        """What follows `#token=`; a browser keeps that part to itself, no server's log ever sees it."""
        return self.link.partition("#token=")[2]


async def wait_for_invitation(mail_url: str, to: str, seconds: float = 30) -> InvitationMail:
    """The first mail to this address. Raises DemoFailed if none arrives in time or it holds no link."""
    message = await _wait(mail_url, to, seconds)
    found = _LINK.search(message["text"] or "")
    if found is None:
        raise DemoFailed(f"the mail {message['subject']!r} holds no link with a token: read it at {mail_url}")
    return InvitationMail(message["subject"], message["from"], found.group())


async def _wait(mail_url: str, to: str, seconds: float) -> dict[str, Any]:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds + 5)) as http,
            http.get(f"{mail_url}/api/messages/wait", params={"to": to, "timeout": seconds}) as answer,
        ):
            if answer.status == 204:
                raise DemoFailed(f"no mail to {to} within {seconds:.0f} s: `make logs SERVICE=notifier` tells why")
            message: dict[str, Any] = await answer.json()
            return message
    except aiohttp.ClientError as error:
        raise DemoFailed(f"the mail catcher at {mail_url} does not answer ({error}): is `make up` done?") from None
