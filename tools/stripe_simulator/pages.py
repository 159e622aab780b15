"""What people look at: the page at `/`, the hosted page of an invoice, the bank's page for 3D Secure."""

from html import escape
from pathlib import Path

from aiohttp import web

from stripe_simulator.control import problem
from stripe_simulator.store import Obj, Objects
from stripe_simulator.world import World

_FILES = Path(__file__).parent / "page"
_ZERO_DECIMAL = (
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
)
_THREE_DECIMAL = ("bhd", "jod", "kwd", "omr", "tnd")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def money(amount: int, currency: str) -> str:
    """`1500 usd` is `15.00 USD`, `1500 jpy` is `1500 JPY`, `1500 kwd` is `1.500 KWD`."""
    places = 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2
    digits = f"{abs(amount):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"{'-' if amount < 0 else ''}{text} {currency.upper()}"


class Pages:
    """HTML; everything that came in from outside is escaped."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.AbstractRouteDef]:
        """For aiohttp."""
        return [
            web.get("/", self.index),
            web.get(r"/_pages/invoices/{id:in_\w+}", self.invoice),
            web.get(r"/_pages/authenticate/{id:pi_\w+}", self.authentication),
            web.get("/health/ready", self.healthy),
            web.static("/_page", _FILES),
        ]

    async def index(self, _request: web.Request) -> web.FileResponse:
        """Objects, events, deliveries, requests."""
        return web.FileResponse(_FILES / "index.html", headers=HEADERS)

    async def healthy(self, _request: web.Request) -> web.Response:
        """It answers, so it is ready."""
        return web.json_response({"status": "ok"})

    async def invoice(self, request: web.Request) -> web.Response:
        """A finalized invoice as its customer sees it."""
        invoice = Objects(self._world.store).peek("invoice", request.match_info["id"])
        if invoice is None or invoice["number"] is None:
            return problem(404, "no such invoice")
        return web.Response(text=_invoice(invoice), content_type="text/html", headers=HEADERS)

    async def authentication(self, request: web.Request) -> web.Response:
        """The bank asks the customer."""
        intent = Objects(self._world.store).peek("payment_intent", request.match_info["id"])
        if intent is None:
            return problem(404, "no such payment")
        return web.Response(text=_authentication(intent), content_type="text/html", headers=HEADERS)


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="/_page/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/_page/style.css"></head><body><main class="sheet">{body}</main></body></html>'
    )


def _invoice(invoice: Obj) -> str:
    rows = "".join(
        f"<tr><td>{escape(line['description'] or '')}</td>"
        f"<td class='number'>{escape(money(line['amount'], line['currency']))}</td></tr>"
        for line in invoice["lines"]["data"]
    )
    sums = "".join(
        f"<tr><th>{label}</th><td class='number'>{escape(money(invoice[field], invoice['currency']))}</td></tr>"
        for label, field in (("Total", "total"), ("Paid", "amount_paid"), ("Due", "amount_remaining"))
    )
    title = f"Invoice {invoice['number']}"
    to = escape(invoice["customer_name"] or invoice["customer_email"] or invoice["customer"])
    return _document(
        title,
        f"<h1>{escape(title)}</h1><p>{escape(invoice['status'])} · to {to}</p>"
        f"<table><tbody>{rows}</tbody><tfoot>{sums}</tfoot></table>",
    )


def _authentication(intent: Obj) -> str:
    amount = escape(money(intent["amount"], intent["currency"]))
    if intent["status"] != "requires_action":
        return _document("Authentication", f"<h1>{amount}</h1><p>Nothing to do: {escape(intent['status'])}.</p>")
    return _document(
        "Authentication",
        f"<h1>{amount}</h1><p>The bank asks whether it is you who pays.</p>"
        f"<p data-intent='{escape(intent['id'])}'><button type='button' data-success='true'>Yes, complete</button> "
        "<button type='button' data-success='false'>No, fail</button></p>"
        "<script src='/_page/authenticate.js' type='module'></script>",
    )
