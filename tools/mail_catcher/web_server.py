"""The page and the JSON API."""

from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mail_catcher.faults import Fault, Faults
from mail_catcher.mailbox import Mailbox

_PAGE = Path(__file__).parent / "page"
# A mail's HTML inherits this policy in its sandboxed frame: inline styles are allowed, scripts and remote content not.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
)


class Listing(BaseModel):
    """Query of the list."""

    model_config = ConfigDict(extra="forbid")
    to: str | None = None
    limit: int = Field(50, ge=1, le=500)


class Waiting(BaseModel):
    """Query of the long poll."""

    model_config = ConfigDict(extra="forbid")
    to: str | None = None
    after: int = Field(0, ge=0)
    timeout: float = Field(20, ge=0, le=120)


class Api:
    """The mails: list, read one, wait for one, delete all. The faults: list, ask for one, delete all."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """For aiohttp."""
        return [
            web.get("/api/messages", self.list_messages),
            web.delete("/api/messages", self.clear),
            web.get("/api/messages/wait", self.wait),
            web.get(r"/api/messages/{id:\d{1,12}}", self.show),
            web.get(r"/api/messages/{id:\d{1,12}}/raw", self.raw),
            web.get("/api/faults", self.list_faults),
            web.post("/api/faults", self.arm),
            web.delete("/api/faults", self.disarm),
        ]

    async def list_messages(self, request: web.Request) -> web.Response:
        """Newest first."""
        query = Listing.model_validate(dict(request.query))
        mails = self._mailbox.newest(to=query.to, limit=query.limit)
        return web.json_response({"items": [mail.summary() for mail in mails]})

    async def show(self, request: web.Request) -> web.Response:
        """One mail with its texts and headers, or 404."""
        mail = self._mailbox.get(int(request.match_info["id"]))
        return (
            _problem(404, "no such mail (only the newest are kept)")
            if mail is None
            else web.json_response(mail.detail())
        )

    async def raw(self, request: web.Request) -> web.Response:
        """The mail as it came, for a mail program."""
        mail = self._mailbox.get(int(request.match_info["id"]))
        if mail is None:
            return _problem(404, "no such mail (only the newest are kept)")
        return web.Response(body=mail.raw, content_type="text/plain", charset="utf-8")

    async def wait(self, request: web.Request) -> web.Response:
        """The first mail for `to` with an id above `after`: 200 with the mail as soon as it is there, else 204."""
        query = Waiting.model_validate(dict(request.query))
        mail = await self._mailbox.wait(to=query.to, after=query.after, seconds=query.timeout)
        return web.Response(status=204) if mail is None else web.json_response(mail.detail())

    async def clear(self, _request: web.Request) -> web.Response:
        """Forget every mail."""
        self._mailbox.clear()
        return web.Response(status=204)

    async def list_faults(self, _request: web.Request) -> web.Response:
        """What is still to happen."""
        return web.json_response({"items": [fault.model_dump() for fault in self._faults.pending()]})

    async def arm(self, request: web.Request) -> web.Response:
        """Ask for a fault."""
        fault = Fault.model_validate_json(await request.read())
        self._faults.arm(fault)
        return web.json_response(fault.model_dump(), status=201)

    async def disarm(self, _request: web.Request) -> web.Response:
        """Back to normal."""
        self._faults.clear()
        return web.Response(status=204)


def _problem(status: int, detail: str, errors: list[Any] | None = None) -> web.Response:
    body = {"status": status, "detail": detail, **({"errors": errors} if errors else {})}
    return web.json_response(body, status=status, content_type="application/problem+json")


@web.middleware
async def _answer_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return _problem(422, "the request is not valid", [{**entry, "loc": list(entry["loc"])} for entry in found])
    except web.HTTPException as error:
        return _problem(error.status, error.reason)
    response.headers.update(
        {
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
    )
    return response


async def _page(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGE / "index.html")


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def application(mailbox: Mailbox, faults: Faults) -> web.Application:
    """The page at /, its files under /page/, the API under /api/, /health/ready."""
    app = web.Application(middlewares=[_answer_errors], client_max_size=64 * 1024)
    app.add_routes([web.get("/", _page), web.get("/health/ready", _healthy), *Api(mailbox, faults).routes()])
    app.router.add_static("/page/", _PAGE)
    return app
