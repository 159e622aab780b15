"""Everything that `/v1` can do."""

from stripe_simulator.operations import Operations
from stripe_simulator.resources import (
    customers,
    events,
    invoiceitems,
    invoices,
    payment_intents,
    payment_methods,
    previews,
    prices,
    products,
    subscription_items,
    subscriptions,
    webhook_endpoints,
)


def operations() -> Operations:
    """All operations that are covered; the first that fits a path is taken."""
    everything = Operations()
    parts = (
        previews,
        customers,
        events,
        invoiceitems,
        invoices,
        payment_intents,
        payment_methods,
        prices,
        products,
        subscription_items,
        subscriptions,
        webhook_endpoints,
    )
    everything.include(*(part.operations for part in parts))
    return everything
