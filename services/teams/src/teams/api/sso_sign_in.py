"""/v1/auth/sso: leaving for the provider, and coming back from it."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from chassis.problems import BadRequest, Problem, invalid_field
from chassis.vault import Vault
from chassis.web import Access, Door, Reply, Routes, cookie
from teams.api.cookies import RefreshCookies
from teams.api.models import Answer
from teams.api.registration import Email
from teams.domain.people import clean_email
from teams.domain.sessions import Device
from teams.domain.sso import ATTEMPT_LIFETIME, Attempt, domain_of
from teams.openid_gateway import OpenIdProviders
from teams.openid_messages import Proof, Returned, authorization_url
from teams.settings import SSO_CALLBACK, Settings
from teams.tokens import AccessTokens, new_secret
from teams.usecases.finish_sso import begin_finish_sso, finish_sso
from teams.usecases.issue_tokens import SignedIn
from teams.usecases.start_sso import begin_start_sso, finish_start_sso

ROUTES = Routes("single sign-on")
FAILED_PAGE = "/login/sso"
SIGNED_IN_PAGE = "/login/sso/done"

log = structlog.get_logger()


class StartSsoRequest(BaseModel):
    """Who, by their address, or where, by the organization's slug; exactly one of the two."""

    email: Email | None = None
    organization: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    next: Annotated[
        str, Field(max_length=500, pattern=r"^/($|[^/\\])[\x21-\x5b\x5d-\x7e]*$", description="Page to end at.")
    ] = "/"
    fresh: bool = Field(
        default=False,
        description="Have the provider ask who you are, also where it remembers you. For ten minutes that sign-in "
        "stands in for the password of an account that has none.",
    )


class StartSsoAnswer(Answer):
    """Where to send the browser that asked."""

    authorization_url: str


class SsoCookies:
    """A secret for each sign-in under way, which binds it to the browser that began it.

    SameSite=Lax, because the provider's site sends the browser back; named after the state, so that two tabs do not
    take each other's.
    """

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.origin.scheme == "https"

    def set(self, state: str, secret: str) -> dict[str, dict[str, object]]:
        """The cookie of a new sign-in; an empty secret deletes it."""
        seconds = int(ATTEMPT_LIFETIME.total_seconds()) if secret else 0
        attributes = {"path": SSO_CALLBACK, "samesite": "Lax", "secure": self._secure, "max_age": seconds}
        return {_name(state): cookie(secret, **attributes)}

    def read(self, request: web.Request, state: str) -> str:
        """The secret of the sign-in with this state; empty if this browser has none."""
        return request.cookies.get(_name(state), "")


def _name(state: str) -> str:
    return f"sso_{state[:12]}"


@ROUTES.post(
    "/v1/auth/sso/start",
    access=Access.PUBLIC,
    summary="Where to sign in with your organization's provider",
    idempotent=False,
    problems=(403, 404, 503),
)
async def start_sso(
    door: Door, body: StartSsoRequest, providers: OpenIdProviders, cookies: SsoCookies
) -> Reply[StartSsoAnswer]:
    """Looks at the domain alone, so the answer is the same whether or not the address has an account."""
    email, slug = _who(body)
    domain = domain_of(email) if email else None
    attempt = await door.read(
        lambda tx: begin_start_sso(tx, domain=domain, slug=slug, next_path=body.next, fresh=body.fresh)
    )
    discovery = await providers.discover(attempt.provider.issuer)
    state, secret = new_secret(), new_secret()
    await door.write(lambda tx: finish_start_sso(tx, attempt, state=state, browser_secret=secret))
    url = authorization_url(
        discovery,
        client_id=attempt.provider.client_id,
        redirect_uri=providers.redirect_uri,
        state=state,
        proof=Proof.of(secret, state),
        email=email or "",
        fresh=attempt.fresh,
    )
    return Reply(StartSsoAnswer(authorization_url=url), cookies=cookies.set(state, secret))


def _who(body: StartSsoRequest) -> tuple[str | None, str | None]:
    """Raises Invalid."""
    if (body.email is None) == (body.organization is None):
        raise invalid_field("/email", "one_of_two", "Give email or organization, and not both.")
    return (clean_email(body.email), None) if body.email is not None else (None, body.organization)


@ROUTES.get(
    SSO_CALLBACK,
    access=Access.PUBLIC,
    summary="Where the provider sends the browser back to; ends at a page of the console",
    status=303,
)
async def return_from_sso(
    *,
    request: web.Request,
    door: Door,
    providers: OpenIdProviders,
    vault: Vault,
    access_tokens: AccessTokens,
    sso_cookies: SsoCookies,
    refresh_cookies: RefreshCookies,
) -> web.Response:
    """Nothing secret stands in the address it ends at; a refusal ends at a page that says why."""
    state = _one(request.query, "state")
    secret = sso_cookies.read(request, state)
    try:
        attempt, signed_in = await _sign_in(
            request=request,
            door=door,
            providers=providers,
            vault=vault,
            access_tokens=access_tokens,
            state=state,
            secret=secret,
            device=refresh_cookies.device(request),
        )
    except Problem as refused:
        log.info("single sign-on refused", code=refused.code)
        page = f"{FAILED_PAGE}?{urlencode({'reason': refused.code})}"
        return _redirect(page, sso_cookies.set(state, "") if secret else {})
    page = f"{SIGNED_IN_PAGE}?{urlencode({'next': attempt.next_path})}"
    return _redirect(page, {**sso_cookies.set(state, ""), **refresh_cookies.reply(signed_in).cookies})


async def _sign_in(
    *,
    request: web.Request,
    door: Door,
    providers: OpenIdProviders,
    vault: Vault,
    access_tokens: AccessTokens,
    state: str,
    secret: str,
    device: Device,
) -> tuple[Attempt, SignedIn]:
    """Raises Problem. The attempt is used up before anything that the provider sent is looked at."""
    begun = await door.write(lambda tx: begin_finish_sso(tx, vault, state=state, browser_secret=secret))
    attempt = begun.attempt
    if "error" in request.query:
        raise BadRequest(_provider_error(request.query["error"]), "The provider did not sign you in.")
    returned = Returned(_one(request.query, "code"), request.query.get("iss"))
    person = await providers.redeem(attempt.provider, begun.client_secret, returned, Proof.of(secret, state))
    return attempt, await door.write(lambda tx: finish_sso(tx, access_tokens, attempt, person, device))


def _one(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    return value if value.isascii() and len(value) <= 4096 else ""


def _provider_error(error: str) -> str:
    """RFC 6749, 4.1.2.1: somebody who said no is not told that something is broken."""
    return "sso_denied" if error == "access_denied" else "sso_provider_refused"


def _redirect(page: str, cookies: Mapping[str, Mapping[str, object]]) -> web.Response:
    response = web.Response(status=303, headers={"Location": page, "Cache-Control": "no-store"})
    for name, attributes in cookies.items():
        options = dict(attributes)
        response.set_cookie(name, str(options.pop("value")), **options)  # type: ignore[arg-type]
    return response
