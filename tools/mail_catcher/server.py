"""SMTP and HTTP together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from mail_catcher import smtp_server, web_server
from mail_catcher.faults import Faults
from mail_catcher.mailbox import Mailbox


@dataclass(frozen=True)
class Addresses:
    """Where it listens."""

    smtp_port: int
    url: str


@asynccontextmanager
async def running(*, host: str = "127.0.0.1", smtp_port: int = 0, http_port: int = 0) -> AsyncIterator[Addresses]:
    """Catch mails until the block ends; port 0 picks a free one. Raises OSError if a port is taken."""
    mailbox, faults = Mailbox(), Faults()
    smtp = await smtp_server.listen(mailbox, faults, host, smtp_port)
    runner = web.AppRunner(web_server.application(mailbox, faults), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, http_port)
        await site.start()
        port = runner.addresses[0][1]
        yield Addresses(smtp.sockets[0].getsockname()[1], f"http://{host}:{port}")
    finally:
        smtp.close()
        await runner.cleanup()
