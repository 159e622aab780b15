"""Our account at Stripe, used past the platform as its dashboard would be: by Stripe's own SDK."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import stripe
from stripe.params import SubscriptionUpdateParams, SubscriptionUpdateParamsItem

from demo.failure import DemoFailed
from demo.waiting import until

API_KEY = "sk_test_simulated"
CHANGED = "customer.subscription.updated"


@dataclass(frozen=True)
class Delivery:
    """A webhook that the platform has answered with `status`."""

    event_id: str
    endpoint: str
    status: int


class StripeAccount:
    """The simulator at `url`. What is changed here reaches the platform by a signed webhook only."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=30))
        self._client = stripe.StripeClient(
            API_KEY, http_client=self._http, base_addresses={"api": self.url}, max_network_retries=0
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def change_plan(self, organization_id: str, price: str, seats: int) -> str:
        """Move the organization's subscription to the price with this lookup key; returns the subscription's id."""
        try:
            subscription = await self._subscription_of(organization_id)
            prices = await self._client.v1.prices.list_async({"lookup_keys": [price]})
            item: SubscriptionUpdateParamsItem = {
                "id": subscription["items"]["data"][0]["id"],
                "price": prices.data[0].id,
                "quantity": seats,
            }
            change: SubscriptionUpdateParams = {"items": [item]}
            await self._client.v1.subscriptions.update_async(subscription["id"], change)
        except stripe.APIConnectionError:
            raise DemoFailed(f"the Stripe simulator at {self.url} does not answer: is `make up` done?") from None
        except stripe.StripeError as error:
            raise DemoFailed(f"Stripe refused to change the plan: {error}") from None
        return str(subscription["id"])

    async def _subscription_of(self, organization_id: str) -> dict[str, Any]:
        """The newest that is marked with the organization. Lists begin with the newest."""
        page = await self._client.v1.subscriptions.list_async({"limit": 100})
        async for subscription in page.auto_paging_iter():
            found: dict[str, Any] = subscription.to_dict()
            if found["metadata"].get("organization_id") == organization_id:
                return found
        raise DemoFailed(f"Stripe at {self.url} knows no subscription of organization {organization_id}")

    async def delivery(self, subscription_id: str) -> Delivery:
        """The newest webhook about this subscription, once the platform has taken it. Raises DemoFailed."""
        events = await self._client.v1.events.list_async({"type": CHANGED, "limit": 100})
        ids = [event.id for event in events.data if event.to_dict()["data"]["object"]["id"] == subscription_id]
        if not ids:
            raise DemoFailed(f"Stripe has no event {CHANGED} of {subscription_id}")

        async def delivered() -> Delivery | None:
            owed = next((one for one in await self._deliveries() if one["event"] == ids[0]), None)
            if owed is None or owed["state"] != "delivered":
                return None
            return Delivery(ids[0], owed["endpoint"], owed["attempts"][-1]["status"])

        return await until("the delivery of the webhook", delivered, help=f"its attempts are shown at {self.url}")

    async def _deliveries(self) -> list[dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/_control/deliveries") as answer:
            found: list[dict[str, Any]] = (await answer.json())["items"]
            return found
