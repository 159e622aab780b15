"""HTTP in: parse -> use case -> answer."""

from billing.api import invoices, operations, plans, subscription, webhooks

ROUTES = (plans.ROUTES, subscription.ROUTES, invoices.ROUTES, operations.ROUTES, webhooks.ROUTES)
