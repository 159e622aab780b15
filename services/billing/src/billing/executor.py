"""Carries out intents: calls Stripe outside any transaction, then puts the outcome down."""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from billing import metrics
from billing.domain.observations import Seen
from billing.domain.operations import Kind, Operation, wait_after
from billing.domain.plans import Catalogue
from billing.domain.subscriptions import read_subscription
from billing.lease import POLL_SECONDS, LeasedLoop, all_of
from billing.storage import operations, subscriptions
from billing.stripe_gateway import Broken, Busy, Declined, Fetched, Refused, StripeFailure, StripeGateway, Unanswered
from billing.usecases import finish_operation
from billing.usecases.erase_organization import finish_erasure
from billing.usecases.record_subscription import Recorded
from billing.wake import OPERATIONS
from chassis import telemetry
from chassis.database import Context, Database
from chassis.failures import describe
from chassis.signals import signals

AT_ONCE = 8
LOOK_BACK = timedelta(minutes=5)
REFETCHES = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What Stripe did: a customer, or a subscription and perhaps a card, or (`erased`) the customer is gone."""

    customer: str | None = None
    fetched: Fetched | None = None
    payment_method: str | None = None
    erased: bool = False


class Executor(LeasedLoop):
    """Works off the journal. One organization's intents are carried out one after the other, others beside them."""

    def __init__(self, database: Database, gateway: StripeGateway, catalogue: Catalogue) -> None:
        super().__init__(database, OPERATIONS)
        self._gateway = gateway
        self._catalogue = catalogue
        self._calls: dict[Kind, Callable[[Operation], Awaitable[Outcome]]] = {
            Kind.CREATE_CUSTOMER: self._create_customer,
            Kind.CREATE_SUBSCRIPTION: self._create_subscription,
            Kind.CHANGE_SUBSCRIPTION: self._change_subscription,
            Kind.SET_CANCELLATION: self._set_cancellation,
            Kind.DELETE_CUSTOMER: self._delete_customer,
        }

    async def turn(self) -> float:
        """Carry out all that is due."""
        while due := await self._due():
            await all_of(self.carry_out(operation) for operation in due)
            if self.stopping:
                break
        async with self.database.transaction(self.context()) as tx:
            next_due = await operations.get_next_due(tx)
            oldest = await operations.get_oldest_pending(tx)
            metrics.OLDEST_OPERATION.set((tx.now - oldest).total_seconds() if oldest else 0)
            return (next_due - tx.now).total_seconds() if next_due else POLL_SECONDS

    async def _due(self) -> list[Operation]:
        async with self.database.transaction(self.context()) as tx:
            return await operations.list_due(tx, AT_ONCE)

    async def carry_out(self, operation: Operation) -> None:
        """One attempt at one intent; whatever goes wrong is put down and tried again or told."""
        with telemetry.span(f"stripe {operation.kind}", operation.traceparent):
            try:
                outcome = await self._attempt(operation)
                signals.reached("billing.before_outcome")
                await self._finish(operation, outcome)
                signals.reached("billing.after_outcome")
            except StripeFailure as failure:
                metrics.OPERATIONS.labels(operation.kind, type(failure).__name__.lower()).inc()
                await self._put_down(operation, failure)
            except (LookupError, ValueError, TypeError, KeyError) as error:
                log.exception("an intent could not be carried out", extra={"operation": str(operation.id)})
                await self._put_down(operation, Unanswered("internal", describe(error).text))
            else:
                metrics.OPERATIONS.labels(operation.kind, "ok").inc()

    async def _attempt(self, operation: Operation) -> Outcome:
        """The outcome of an earlier attempt if there is one to be found, else of this one."""
        async with self.database.transaction(self._context(operation)) as tx:
            looking = operation.must_look_first(tx.now)
        found = await self._look(operation) if looking else None
        if found is not None:
            return found
        async with self.database.transaction(self._context(operation)) as tx:
            operation = await finish_operation.begin_attempt(tx, operation, renewed=looking)
        signals.reached("billing.before_call")
        outcome = await self._calls[operation.kind](operation)
        signals.reached("billing.after_call")
        return outcome

    async def _look(self, operation: Operation) -> Outcome | None:
        """Whether an earlier attempt took effect, by the marks it would have left."""
        wanted = operation.parameters
        if operation.kind is Kind.CREATE_CUSTOMER:
            first, last = operation.first_tried_at, operation.last_tried_at
            if first is None or last is None:
                return None
            customer = await self._gateway.find_customer(str(operation.org_id), first - LOOK_BACK, last + LOOK_BACK)
            return Outcome(customer=customer) if customer else None
        if operation.kind is Kind.DELETE_CUSTOMER:
            return None
        if operation.kind is Kind.CREATE_SUBSCRIPTION:
            fetched = await self._gateway.find_subscription(wanted["customer"], wanted["subscription_id"])
            return Outcome(fetched=fetched) if fetched else None
        fetched = await self._gateway.get_subscription(wanted["subscription"])
        done = (fetched.raw.get("metadata") or {}).get("operation_id") == str(operation.id)
        return Outcome(fetched=fetched) if done else None

    async def _create_customer(self, operation: Operation) -> Outcome:
        name, organization = operation.parameters["name"], str(operation.org_id)
        key = operation.key("customer")
        return Outcome(customer=await self._gateway.create_customer(name=name, organization_id=organization, key=key))

    async def _create_subscription(self, operation: Operation) -> Outcome:
        wanted = operation.parameters
        fetched = await self._gateway.create_subscription(
            customer=wanted["customer"],
            lookup_key=wanted["lookup_key"],
            quantity=wanted["quantity"],
            metadata={"organization_id": str(operation.org_id), "subscription_id": wanted["subscription_id"]},
            key=operation.key("subscription"),
        )
        return Outcome(fetched=fetched)

    async def _change_subscription(self, operation: Operation) -> Outcome:
        wanted, card = operation.parameters, None
        if wanted["payment_method"] is not None:
            card = await self._gateway.attach_payment_method(
                wanted["customer"], wanted["payment_method"], key=operation.key("card")
            )
        fetched = await self._gateway.change_subscription(
            wanted["subscription"],
            item=wanted["item"],
            lookup_key=wanted["lookup_key"],
            quantity=wanted["quantity"],
            proration=wanted["proration"],
            operation_id=str(operation.id),
            key=operation.key("change"),
        )
        return Outcome(fetched=fetched, payment_method=card)

    async def _set_cancellation(self, operation: Operation) -> Outcome:
        wanted = operation.parameters
        fetched = await self._gateway.set_cancellation(
            wanted["subscription"],
            cancel=wanted["cancel"],
            operation_id=str(operation.id),
            key=operation.key("cancellation"),
        )
        return Outcome(fetched=fetched)

    async def _delete_customer(self, operation: Operation) -> Outcome:
        await self._gateway.delete_customer(operation.parameters["customer"], key=operation.key("delete"))
        return Outcome(erased=True)

    async def _finish(self, operation: Operation, outcome: Outcome) -> None:
        if outcome.erased:
            async with self.database.transaction(self._context(operation)) as tx:
                await finish_erasure(tx, operation)
            return
        if outcome.customer is not None:
            async with self.database.transaction(self._context(operation)) as tx:
                await finish_operation.finish_customer(tx, operation, outcome.customer, self._catalogue)
            return
        fetched_over: int | None = None
        for _ in range(REFETCHES):
            if outcome.fetched is not None and await self._finish_subscription(operation, outcome, fetched_over):
                return
            fetched_over, outcome = await self._refetched(outcome)
        raise Busy("changing_fast", "The subscription changes faster than it can be read.")

    async def _finish_subscription(self, operation: Operation, outcome: Outcome, fetched_over: int | None) -> bool:
        """False if the answer may be older than what an event told meanwhile."""
        if outcome.fetched is None:
            return False
        found = read_subscription(outcome.fetched.raw, self._catalogue)
        seen = Seen(outcome.fetched.as_of, fetched_over)
        try:
            async with self.database.transaction(self._context(operation)) as tx:
                recorded = await finish_operation.finish_subscription(
                    tx, operation, found, seen, self._catalogue, payment_method=outcome.payment_method
                )
                if recorded is Recorded.REFETCH:
                    raise _Stale
        except _Stale:
            return False
        return True

    async def _refetched(self, outcome: Outcome) -> tuple[int, Outcome]:
        stripe_id = outcome.fetched.raw["id"] if outcome.fetched else ""
        async with self.database.transaction(self.context()) as tx:
            stored = await subscriptions.get_by_stripe_id(tx, stripe_id)
        return stored.version if stored else 0, replace(
            outcome, fetched=await self._gateway.get_subscription(stripe_id)
        )

    async def _put_down(self, operation: Operation, failure: StripeFailure) -> None:
        async with self.database.transaction(self._context(operation)) as tx:
            if isinstance(failure, Declined | Refused):
                await finish_operation.fail_operation(tx, operation, failure.code, failure.detail)
                return
            wait = wait_after(operation.attempts, random.random())  # noqa: S311 - jitter, not a secret
            look = isinstance(failure, Broken)
            await finish_operation.postpone_operation(
                tx, operation, wait, failure.code, failure.detail, look_first=look
            )

    def _context(self, operation: Operation) -> Context:
        """Whoever asked for it, acts."""
        return Context(operation.actor, operation.correlation_id, org_id=operation.org_id)


class _Stale(Exception):
    """Rolls a transaction back."""
