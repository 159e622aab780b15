"""Billing's own figures, beside those every service has."""

from prometheus_client import Counter, Gauge

WEBHOOKS = Counter("billing_webhooks_total", "Webhooks received, by what was made of them at the door.", ("outcome",))
WEBHOOKS_HANDLED = Counter("billing_webhooks_handled_total", "Webhooks handled in the background.", ("outcome",))
SET_ASIDE = Gauge("billing_webhooks_set_aside", "Webhooks that wait for somebody to look at them.", ("state",))
STRIPE_CALLS = Counter("billing_stripe_calls_total", "Calls to Stripe, by how they ended.", ("call", "outcome"))
OPERATIONS = Counter(
    "billing_operations_total", "Attempts to carry out an intent, by how they ended.", ("kind", "outcome")
)
OLDEST_OPERATION = Gauge("billing_oldest_pending_operation_seconds", "Age of the oldest intent not yet carried out.")
