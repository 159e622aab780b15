"""The refresh token: a cookie that no script reads and no other site sends."""

from aiohttp import web

from admin.api.models import SessionTokens
from admin.domain.sign_in import LIFETIME
from admin.settings import Settings
from admin.usecases.issue_tokens import SignedIn
from chassis.problems import Forbidden
from chassis.web import Reply, cookie

NAME = "admin_refresh_token"
PATH = "/admin/v1/auth"


class RefreshCookies:
    """Sets, reads and deletes it. `Secure` where the console is reached by https."""

    def __init__(self, settings: Settings) -> None:
        self._origin = settings.origin
        self._secure = settings.origin.scheme == "https"

    def reply(self, signed_in: SignedIn) -> Reply[SessionTokens]:
        """The access token in the body, the refresh token in the cookie only."""
        value = self._cookie(signed_in.refresh_token, int(LIFETIME.total_seconds()))
        return Reply(SessionTokens.of(signed_in), cookies={NAME: value})

    def forget(self) -> dict[str, dict[str, object]]:
        """The cookies of an answer after which the browser holds none."""
        return {NAME: self._cookie("", 0)}

    def read(self, request: web.Request) -> str | None:
        """The cookie's token. Raises Forbidden if another site's page sent it: the second lock after SameSite."""
        token = request.cookies.get(NAME)
        origin = request.headers.get("Origin")
        if token is not None and origin is not None and origin != str(self._origin):
            raise Forbidden("origin_refused", "This page may not use the sign-in of this browser.")
        return token or None

    def _cookie(self, value: str, max_age: int) -> dict[str, object]:
        return cookie(value, path=PATH, secure=self._secure, max_age=max_age)
