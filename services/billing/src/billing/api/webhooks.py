"""/webhooks/stripe: Stripe's deliveries."""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from billing import metrics
from billing.domain.signatures import Forged, verify
from billing.settings import Settings
from billing.usecases.take_webhook import take_webhook
from chassis.bodies import read_body
from chassis.clock import Clock
from chassis.problems import BadRequest
from chassis.web import Access, Door, Routes

ROUTES = Routes("webhooks", while_suspended=True)
MAX_BODY = 512 * 1024
KEPT_HEADERS = ("Stripe-Signature", "User-Agent", "Content-Type", "X-Request-Id")


@dataclass(frozen=True)
class WebhookDoor:
    """What it takes to believe a delivery."""

    settings: Settings
    clock: Clock

    def check(self, body: bytes, header: str) -> None:
        """Raises BadRequest for what Stripe did not send just now."""
        secrets = [secret.get_secret_value() for secret in self.settings.stripe_webhook_secrets]
        tolerance = timedelta(seconds=self.settings.webhook_tolerance_seconds)
        try:
            verify(body, header, secrets, now=self.clock.now(), tolerance=tolerance)
        except Forged as error:
            metrics.WEBHOOKS.labels("forged").inc()
            raise BadRequest("signature_invalid", f"This is not a delivery of Stripe's: {error}.") from None


@ROUTES.post(
    "/webhooks/stripe",
    access=Access.PUBLIC,
    summary="Take a delivery of Stripe's",
    idempotent=False,
    max_body=MAX_BODY,
    problems=(400, 408, 413, 415),
    rate_limits=None,  # Stripe's to choose; the signature is checked before anything is stored
)
async def post_stripe_webhook(request: web.Request, door: Door, webhooks: WebhookDoor) -> None:
    """The signature is checked on the raw bytes; they are stored and answered, and handled in the background."""
    body = await read_body(request, MAX_BODY)
    webhooks.check(body, request.headers.get("Stripe-Signature", ""))
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    stored = await door.write(lambda tx: take_webhook(tx, body, headers))
    metrics.WEBHOOKS.labels("stored" if stored else "duplicate").inc()
