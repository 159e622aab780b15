"""The SMTP side, on aiosmtpd."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from mail_catcher.faults import Faults
from mail_catcher.mailbox import Mailbox

MAX_MAIL_BYTES = 10 * 1024 * 1024


class Catcher:
    """aiosmtpd's handler: every recipient is accepted unless a fault was asked for."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept the recipient, or reject it as a fault says."""
        fault = self._faults.take(("reject_permanent", "reject_temporary"), [address])
        if fault is not None:
            permanent = fault.kind == "reject_permanent"
            return "550 5.1.1 no such mailbox" if permanent else "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 accepted"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail; `slow` and `drop_after_data` happen after it is kept."""
        content = envelope.content
        assert isinstance(content, bytes)
        mail = await self._mailbox.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        fault = self._faults.take(("slow", "drop_after_data"), list(envelope.rcpt_tos))
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop_after_data":
            await _cut(server)
        return f"250 2.0.0 caught as {mail.id}"


async def _cut(server: SMTP) -> None:
    """Reset the connection; its loss cancels this coroutine, so no answer is ever written."""
    transport = server.transport
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()
    await asyncio.get_running_loop().create_future()


async def listen(mailbox: Mailbox, faults: Faults, host: str, port: int) -> asyncio.Server:
    """Listen for SMTP (no TLS, no login). Port 0 picks a free one. Raises OSError if the port is taken."""
    loop = asyncio.get_running_loop()
    handler = Catcher(mailbox, faults)
    return await loop.create_server(
        lambda: SMTP(
            handler, data_size_limit=MAX_MAIL_BYTES, enable_SMTPUTF8=True, hostname="localhost", ident="mail catcher"
        ),
        host,
        port,
    )
