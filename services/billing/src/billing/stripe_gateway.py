"""The only importer of the Stripe SDK. No line here knows whether the real Stripe or a simulator answers."""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp
import stripe

from billing import metrics
from billing.domain.operations import PAYMENT_DECLINED, STRIPE_REFUSED
from billing.settings import Settings

API_VERSION = stripe.api_version
"""What this SDK reads. Events of another version are not guessed at."""

PAGE = 100
T = TypeVar("T")


class StripeFailure(Exception):
    """A call that did not succeed. `code` is Stripe's or ours, `detail` a sentence for a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Declined(StripeFailure):
    """The bank refused the payment. Asking again the same way brings the same answer."""


class Refused(StripeFailure):
    """The request itself is wrong, or our key is. It had no effect."""


class Busy(StripeFailure):
    """Too many requests, or somebody else holds the object. It had no effect; the same key may be used again."""


class Unanswered(StripeFailure):
    """Nobody knows whether it took effect; the same key finds out."""


class Broken(StripeFailure):
    """Stripe failed, and would give the same answer to the same key: look before another is used."""


@dataclass(frozen=True)
class Fetched:
    """An object as JSON, and the instant at Stripe by which it was so."""

    raw: dict[str, Any]
    as_of: datetime


class StripeGateway:
    """Calls, each awaited outside any transaction. All raise StripeFailure. `key` is the idempotency key."""

    def __init__(self, settings: Settings) -> None:
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=settings.stripe_timeout_seconds))
        base = settings.stripe_api_base
        self._client = stripe.StripeClient(
            settings.stripe_api_key.get_secret_value(),
            http_client=self._http,
            base_addresses={"api": base.rstrip("/")} if base else {},
            max_network_retries=0,
        )
        self._prices: dict[str, str] = {}

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def create_customer(self, *, name: str, organization_id: str, key: str) -> str:
        """A customer marked with its organization; returns its id."""
        metadata = {"organization_id": organization_id}
        call = self._client.v1.customers.create_async({"name": name, "metadata": metadata}, {"idempotency_key": key})
        return str((await _answered("create_customer", call)).id)

    async def find_customer(self, organization_id: str, since: datetime, until: datetime) -> str | None:
        """The customer marked with this organization among those made in that time. Not Stripe's search: it lags."""
        call = self._client.v1.customers.list_async(
            {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}, "limit": PAGE}
        )
        page = await _answered("find_customer", call)
        async for customer in page.auto_paging_iter():
            if customer.to_dict().get("metadata", {}).get("organization_id") == organization_id:
                return str(customer.id)
        return None

    async def delete_customer(self, customer: str, *, key: str) -> None:
        """For good, with cards and subscriptions; one that is gone already is no failure. Invoices stay at Stripe."""
        call = self._client.v1.customers.delete_async(customer, None, {"idempotency_key": key})
        try:
            await _answered("delete_customer", call)
        except Refused as refused:
            if not _is_gone(refused.__cause__):
                raise

    async def create_subscription(
        self, *, customer: str, lookup_key: str, quantity: int, metadata: dict[str, str], key: str
    ) -> Fetched:
        """Subscribe a customer to one price."""
        price = await self._price(lookup_key)
        call = self._client.v1.subscriptions.create_async(
            {"customer": customer, "items": [{"price": price, "quantity": quantity}], "metadata": metadata},
            {"idempotency_key": key},
        )
        return _fetched(await _answered("create_subscription", call))

    async def find_subscription(self, customer: str, subscription_id: str) -> Fetched | None:
        """The customer's subscription marked with this id of ours."""
        call = self._client.v1.subscriptions.list_async({"customer": customer, "status": "all", "limit": PAGE})
        page = await _answered("find_subscription", call)
        async for found in page.auto_paging_iter():
            if found.to_dict().get("metadata", {}).get("subscription_id") == subscription_id:
                return Fetched(found.to_dict(), _date_of(page))
        return None

    async def attach_payment_method(self, customer: str, payment_method: str, *, key: str) -> str:
        """Give the customer a card, and charge it by default; returns the card's id."""
        attaching = self._client.v1.payment_methods.attach_async(
            payment_method, {"customer": customer}, {"idempotency_key": f"{key}/attach"}
        )
        attached = str((await _answered("attach_payment_method", attaching)).id)
        defaulting = self._client.v1.customers.update_async(
            customer,
            {"invoice_settings": {"default_payment_method": attached}},
            {"idempotency_key": f"{key}/default"},
        )
        await _answered("set_default_payment_method", defaulting)
        return attached

    async def change_subscription(
        self,
        subscription: str,
        *,
        item: str,
        lookup_key: str,
        quantity: int,
        proration: str,
        operation_id: str,
        key: str,
    ) -> Fetched:
        """Another price or number of seats; what is due now is charged now, or nothing changes at all."""
        price = await self._price(lookup_key)
        call = self._client.v1.subscriptions.update_async(
            subscription,
            {
                "items": [{"id": item, "price": price, "quantity": quantity}],
                "cancel_at_period_end": False,
                "proration_behavior": proration,
                "payment_behavior": "error_if_incomplete",
                "metadata": {"operation_id": operation_id},
            },
            {"idempotency_key": key},
        )
        return _fetched(await _answered("change_subscription", call))

    async def set_cancellation(self, subscription: str, *, cancel: bool, operation_id: str, key: str) -> Fetched:
        """End it with its period, or take that back."""
        call = self._client.v1.subscriptions.update_async(
            subscription,
            {"cancel_at_period_end": cancel, "metadata": {"operation_id": operation_id}},
            {"idempotency_key": key},
        )
        return _fetched(await _answered("set_cancellation", call))

    async def get_subscription(self, subscription: str) -> Fetched:
        """As it is now; one that has ended is still there."""
        return _fetched(await _answered("get_subscription", self._client.v1.subscriptions.retrieve_async(subscription)))

    async def get_invoice(self, invoice: str) -> Fetched:
        """As it is now."""
        return _fetched(await _answered("get_invoice", self._client.v1.invoices.retrieve_async(invoice)))

    async def get_product(self, id: str) -> dict[str, Any] | None:
        """A product, or None."""
        with suppress(Refused):
            found = await _answered("get_product", self._client.v1.products.retrieve_async(id))
            return dict(found.to_dict())
        return None

    async def create_product(self, id: str, name: str, description: str) -> None:
        """A product under an id of our choice."""
        call = self._client.v1.products.create_async({"id": id, "name": name, "description": description})
        await _answered("create_product", call)

    async def update_product(self, id: str, name: str, description: str) -> None:
        """Other words for a product."""
        call = self._client.v1.products.update_async(id, {"name": name, "description": description, "active": True})
        await _answered("update_product", call)

    async def list_prices(self, lookup_keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Prices by lookup key, at most ten at once."""
        call = self._client.v1.prices.list_async({"lookup_keys": list(lookup_keys), "limit": PAGE})
        found = (await _answered("list_prices", call)).to_dict()["data"]
        return {price["lookup_key"]: price for price in found}

    async def create_price(
        self, product: str, *, lookup_key: str, amount: int, currency: str, interval: str, metadata: dict[str, str]
    ) -> None:
        """A recurring price; prices never change."""
        call = self._client.v1.prices.create_async(
            {
                "product": product,
                "lookup_key": lookup_key,
                "unit_amount": amount,
                "currency": currency,
                "recurring": {"interval": interval},
                "metadata": metadata,
            },
            {"idempotency_key": f"catalog/{lookup_key}/{amount}/{currency}"},
        )
        await _answered("create_price", call)

    async def _price(self, lookup_key: str) -> str:
        """The price's id. Raises Busy where the catalogue was not synced yet: that is mended by syncing it."""
        if lookup_key not in self._prices:
            found = await self.list_prices([lookup_key])
            if lookup_key not in found:
                raise Busy("catalog_not_synced", f"Stripe has no price {lookup_key}: run `catalog sync`.")
            self._prices[lookup_key] = str(found[lookup_key]["id"])
        return self._prices[lookup_key]


def _fetched(found: Any) -> Fetched:
    return Fetched(found.to_dict(), _date_of(found))


def _date_of(found: Any) -> datetime:
    """When Stripe answered, by its own clock, to the second."""
    response = found.last_response
    date = response.headers.get("Date") if response is not None else None
    return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.fromtimestamp(0, UTC)


async def _answered(call: str, answer: Awaitable[T]) -> T:
    try:
        found = await answer
    except (stripe.StripeError, aiohttp.ClientError, TimeoutError, OSError) as error:
        failure = _failure(error)
        metrics.STRIPE_CALLS.labels(call, type(failure).__name__.lower()).inc()
        raise failure from error
    metrics.STRIPE_CALLS.labels(call, "ok").inc()
    return found


def _failure(error: BaseException) -> StripeFailure:
    """Sort by what may be done next."""
    if not isinstance(error, stripe.StripeError) or isinstance(error, stripe.APIConnectionError):
        return Unanswered("stripe_unreachable", "Stripe did not answer.")
    detail = error.user_message or "Stripe gave no reason."
    if isinstance(error, stripe.CardError):
        return Declined(PAYMENT_DECLINED, detail)
    if isinstance(error, stripe.RateLimitError) or error.http_status in (409, 429):
        return Busy("stripe_busy", detail)
    if (error.http_status or 0) >= 500:
        return Broken("stripe_failed", detail)
    return Refused(STRIPE_REFUSED, detail)


def _is_gone(error: BaseException | None) -> bool:
    """Stripe has no object of the id in the path (any more)."""
    return isinstance(error, stripe.InvalidRequestError) and error.http_status == 404
