"""Handles stored webhooks in the background: any order, any duplication, the same books."""

import logging
from collections.abc import Awaitable, Callable

from billing import metrics
from billing.domain.invoices import read_invoice
from billing.domain.observations import Seen
from billing.domain.operations import RETRY_WEBHOOK_AFTER
from billing.domain.plans import Catalogue
from billing.domain.subscriptions import read_subscription
from billing.lease import POLL_SECONDS, LeasedLoop, all_of
from billing.storage import invoices, subscriptions, webhooks
from billing.storage.webhooks import Webhook, WebhookState
from billing.stripe_gateway import API_VERSION, StripeGateway
from billing.usecases.record_invoice import record_invoice
from billing.usecases.record_subscription import Recorded, record_subscription
from billing.usecases.understand_webhook import Ignored, Observation, Quarantined, understand_webhook
from billing.wake import WEBHOOKS
from chassis import telemetry
from chassis.database import Context, Database, Tx
from chassis.failures import describe, is_transient
from chassis.signals import signals

AT_ONCE = 16
REFETCHES = 5

log = logging.getLogger(__name__)


class ChangingFast(Exception):
    """An object changed each time it was read."""


class WebhookLoop(LeasedLoop):
    """Works off the inbox of webhooks. `live` is the mode of our key: events of the other mode are not ours."""

    def __init__(self, database: Database, gateway: StripeGateway, catalogue: Catalogue, *, live: bool) -> None:
        super().__init__(database, WEBHOOKS)
        self._gateway = gateway
        self._catalogue = catalogue
        self._live = live

    async def turn(self) -> float:
        """Handle all that is due."""
        while due := await self._due():
            await all_of(self.handle(webhook) for webhook in due)
            if self.stopping:
                break
        async with self.database.transaction(self.context()) as tx:
            next_due = await webhooks.get_next_due(tx)
            return (next_due - tx.now).total_seconds() if next_due else POLL_SECONDS

    async def _due(self) -> list[Webhook]:
        async with self.database.transaction(self.context()) as tx:
            return await webhooks.list_due(tx, AT_ONCE)

    async def handle(self, webhook: Webhook) -> None:
        """Handle one; what fails is tried again later, and is dead in the end, with the reason. Never raises for it."""
        with telemetry.span(f"webhook {webhook.type}", webhook.traceparent):
            try:
                outcome = await self._handle(webhook)
            except Exception as error:
                if is_transient(error):
                    raise
                log.exception("a webhook could not be handled", extra={"webhook": webhook.external_id})
                outcome = await self._put_down(webhook, describe(error).text)
            metrics.WEBHOOKS_HANDLED.labels(outcome).inc()
            signals.reached("billing.webhook_handled")

    async def _handle(self, webhook: Webhook) -> str:
        what = understand_webhook(webhook.body, api_version=API_VERSION, live=self._live)
        if isinstance(what, Ignored):
            return await self._settle(webhook, "ignored", what.reason)
        if isinstance(what, Quarantined):
            return await self._settle(webhook, "quarantined", what.reason)
        fetched_over: int | None = None
        for _ in range(REFETCHES):
            recorded = await self._record(webhook, what, fetched_over)
            if recorded is not Recorded.REFETCH:
                return str(recorded.value)
            fetched_over, what = await self._refetch(what)
        raise ChangingFast(f"{what.stripe_id} changed each time it was read")

    async def _settle(self, webhook: Webhook, state: WebhookState, reason: str) -> str:
        async with self.database.transaction(self._context(webhook)) as tx:
            await webhooks.update_settled(tx, webhook, state, reason)
        return reason if state == "ignored" else state

    async def _record(self, webhook: Webhook, what: Observation, fetched_over: int | None) -> Recorded:
        """The books and the webhook's state change together."""
        seen = Seen(what.as_of, fetched_over)
        async with self.database.transaction(self._context(webhook)) as tx:
            recorded = await self._recorder(what)(tx, seen)
            if recorded is Recorded.DONE:
                await webhooks.update_settled(tx, webhook, "done")
            elif recorded is Recorded.FOREIGN:
                await webhooks.update_settled(tx, webhook, "ignored", "foreign")
        return recorded

    def _recorder(self, what: Observation) -> Callable[[Tx, Seen], Awaitable[Recorded]]:
        if what.subject == "subscription":
            subscription = read_subscription(what.raw, self._catalogue)
            return lambda tx, seen: record_subscription(tx, subscription, seen, self._catalogue)
        invoice = read_invoice(what.raw)
        return lambda tx, seen: record_invoice(tx, invoice, seen, failed_attempt=what.failed_attempt)

    async def _refetch(self, what: Observation) -> tuple[int, Observation]:
        """The object as it is now, and the version our row had before we asked."""
        async with self.database.transaction(self.context()) as tx:
            table = subscriptions if what.subject == "subscription" else invoices
            stored = await table.get_by_stripe_id(tx, what.stripe_id)
        get = self._gateway.get_subscription if what.subject == "subscription" else self._gateway.get_invoice
        fetched = await get(what.stripe_id)
        version = stored.version if stored else 0
        return version, Observation(what.subject, fetched.raw, what.stripe_id, fetched.as_of, what.failed_attempt)

    async def _put_down(self, webhook: Webhook, reason: str) -> str:
        async with self.database.transaction(self._context(webhook)) as tx:
            if webhook.attempts < len(RETRY_WEBHOOK_AFTER):
                at = tx.now + RETRY_WEBHOOK_AFTER[webhook.attempts]
                await webhooks.update_postponed(tx, webhook, at, reason)
                return "postponed"
            await webhooks.update_settled(tx, webhook, "dead", reason)
            return "dead"

    def _context(self, webhook: Webhook) -> Context:
        return Context(actor="system:stripe", correlation_id=f"{webhook.source}:{webhook.external_id}")
