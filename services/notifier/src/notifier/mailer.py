"""The loop that sends mail: woken by each commit that queues one, by the next due time, and by a poll as a net."""

import asyncio
import logging
from dataclasses import dataclass

from chassis import sealing, telemetry
from chassis.database import Context, Database
from chassis.failures import describe, is_transient
from chassis.signals import signals
from notifier import metrics
from notifier.mail import Sender, build_message, read_mail, render_mail
from notifier.rendering import Renderer
from notifier.smtp_gateway import Later, Outcome, SmtpGateway
from notifier.storage import deliveries
from notifier.storage.deliveries import Claimed
from notifier.usecases.send_mail import CLAIM, begin_sending, finish_sending

AT_ONCE = 8
POLL_SECONDS = 15.0
RETRY_SECONDS = 2.0
LONGEST_SECONDS = CLAIM.total_seconds() - 60

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Postbox:
    """What turns a claimed delivery into a message and hands it to the server."""

    renderer: Renderer
    sender: Sender
    gateway: SmtpGateway
    private_key: str

    async def send(self, mail: Claimed) -> Outcome:
        """Whatever goes wrong on our side is tried again later too: a template can be repaired within four days."""
        try:
            payload = sealing.open_sealed(self.private_key, mail.payload)
            message = build_message(
                render_mail(self.renderer, mail.template, payload, mail.locale),
                delivery_id=mail.id,
                sender=self.sender,
                recipient=mail.recipient or read_mail(mail.template, payload).email,
                at=mail.created_at,
            )
            async with asyncio.timeout(LONGEST_SECONDS):
                return await self.gateway.send(message)
        except Exception as error:
            what = describe(error, secret=True).text
            log.exception("a mail could not be sent", extra={"delivery_id": str(mail.id)}, exc_info=None)
            return Later(what)


class Mailer:
    """Sends due mail until cancelled. Any number of processes may run one; each mail is claimed by one of them."""

    def __init__(self, database: Database, postbox: Postbox) -> None:
        self._database = database
        self._postbox = postbox
        self._wake = asyncio.Event()

    async def wake(self) -> None:
        """Mail was queued: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Mails being sent when this is cancelled are still sent and put down."""
        while True:
            self._wake.clear()
            pause = await self._turn()
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    async def _turn(self) -> float:
        """Send all that is due; returns the seconds to wait for more."""
        try:
            while await self.send_due():
                pass
            return await self._until_next()
        except Exception as error:
            if not is_transient(error):
                log.exception("the mailer's turn failed")
            return RETRY_SECONDS

    async def send_due(self) -> int:
        """Claim some due mails and send them; returns how many were claimed."""
        async with self._database.transaction(self._context()) as tx:
            mails = await begin_sending(tx, AT_ONCE)
        signals.reached("mail.claimed")
        sending = asyncio.gather(*(self._send(mail) for mail in mails))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await sending
            raise
        return len(mails)

    async def _send(self, mail: Claimed) -> None:
        with telemetry.span("mail.send", parent=mail.traceparent):
            outcome = await self._postbox.send(mail)
            signals.reached("mail.handed_over")
            metrics.MAILS.labels(mail.template, type(outcome).__name__.lower()).inc()
            async with self._database.transaction(self._context()) as tx:
                await finish_sending(tx, mail, outcome)
        signals.reached("mail.finished")

    async def _until_next(self) -> float:
        async with self._database.transaction(self._context()) as tx:
            due = await deliveries.get_next_due(tx)
            waiting = (due - tx.now).total_seconds() if due else POLL_SECONDS
        return min(max(waiting, 0.05), POLL_SECONDS)

    def _context(self) -> Context:
        return Context(actor="system:notifier")
