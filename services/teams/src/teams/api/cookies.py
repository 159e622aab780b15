"""A browser's cookies: its refresh token, and what it is known again by. No script reads, no other site sends them."""

from dataclasses import dataclass

from aiohttp import web

from chassis.problems import Forbidden
from chassis.web import Reply, client_address, cookie
from teams.api.models import SessionTokens
from teams.devices import device_name
from teams.domain.sessions import DEVICE_FORGOTTEN_AFTER, LIFETIME, Device
from teams.settings import Settings
from teams.tokens import hash_secret, new_secret
from teams.usecases.issue_tokens import SignedIn

NAME = "refresh_token"
DEVICE = "device"
PATH = "/v1/auth"


@dataclass(frozen=True)
class Visit:
    """The device a request came from, and the secret that its cookie keeps or shall keep."""

    device: Device
    secret: str


class RefreshCookies:
    """Sets, reads and deletes it. `Secure` where the product is reached by https."""

    def __init__(self, settings: Settings) -> None:
        self._origin = settings.origin
        self._secure = settings.origin.scheme == "https"

    def visit(self, request: web.Request) -> Visit:
        """What a sign-in is opened on; a browser without the cookie gets a new one with the answer."""
        secret = request.cookies.get(DEVICE) or new_secret()
        return Visit(Device(_name(request), client_address(request), hash_secret(secret)), secret)

    def device(self, request: web.Request) -> Device:
        """The same where another site sent the browser here, so that its cookie stayed behind: known by its name."""
        name = _name(request)
        return Device(name, client_address(request), hash_secret(name))

    def reply(self, signed_in: SignedIn, visit: Visit | None = None, **options: object) -> Reply[SessionTokens]:
        """The tokens, with the refresh token where this kind of client keeps it. Options as of `Reply`."""
        token = signed_in.refresh_token if signed_in.session.client == "browser" else None
        cookies = {NAME: self._cookie(token, int(LIFETIME.total_seconds()))} if token else {}
        if token and visit is not None:
            cookies[DEVICE] = self._cookie(visit.secret, int(DEVICE_FORGOTTEN_AFTER.total_seconds()))
        return Reply(SessionTokens.of(signed_in), cookies=cookies, **options)  # type: ignore[arg-type]

    def forget(self) -> dict[str, dict[str, object]]:
        """The cookies of an answer after which the browser holds none."""
        return {NAME: self._cookie("", 0)}

    def read(self, request: web.Request) -> str | None:
        """The cookie's token. Raises Forbidden if another site's page sent the request.

        SameSite=Strict keeps the cookie away from other sites already; the Origin is the second lock, for browsers and
        subdomains where the first does not hold.
        """
        token = request.cookies.get(NAME)
        origin = request.headers.get("Origin")
        if token is not None and origin is not None and origin != str(self._origin):
            raise Forbidden("origin_refused", "This page may not use the sign-in of this browser.")
        return token or None

    def _cookie(self, value: str, max_age: int) -> dict[str, object]:
        return cookie(value, path=PATH, secure=self._secure, max_age=max_age)


def _name(request: web.Request) -> str:
    return device_name(request.headers.get("User-Agent", ""))
