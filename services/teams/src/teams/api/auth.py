"""/v1/auth: login, refresh, logout, switching organizations."""

from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from chassis.auth import Authenticator
from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import Invalid, Unauthorized
from chassis.rate_limits import RateLimit
from chassis.requests import bearer_token
from chassis.web import Access, Caller, Door, Reply, Routes
from teams.api.cookies import RefreshCookies
from teams.api.mfa import ChallengeAnswer, challenge_reply
from teams.api.models import SessionTokens
from teams.api.registration import Email, Password, Secret
from teams.domain.people import clean_email, normal_password
from teams.domain.sessions import Client
from teams.tokens import AccessTokens
from teams.usecases.log_in import Challenge, begin_log_in, finish_log_in
from teams.usecases.log_out import log_out, log_out_session
from teams.usecases.refresh_session import refresh_session
from teams.usecases.switch_organization import switch_organization

ROUTES = Routes("auth", while_suspended=True)


class LogInRequest(BaseModel):
    """Address and password."""

    email: Email
    password: Password
    client: Client = "browser"


class RefreshRequest(BaseModel):
    """Clients of kind `api` send the token here; browsers send `{}` and their cookie."""

    refresh_token: Secret | None = None


class SwitchRequest(BaseModel):
    """Where to."""

    organization_id: UUID


@ROUTES.post(
    "/v1/auth/login",
    access=Access.PUBLIC,
    summary="Sign in with address and password",
    idempotent=False,
    problems=(401, 429),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def log_in(
    *,
    request: web.Request,
    door: Door,
    body: LogInRequest,
    passwords: Passwords,
    access_tokens: AccessTokens,
    cookies: RefreshCookies,
) -> Reply[SessionTokens | ChallengeAnswer]:
    """An unknown address gets the same answer as a wrong password, after the same work.

    Where the person has two-step sign-in the answer is a challenge for `/v1/auth/mfa/verify` instead of tokens.
    """
    visit, email = cookies.visit(request), normal_email(body.email)
    account = await door.write(lambda tx: begin_log_in(tx, email, visit.device.address))
    verdict = await passwords.verify(account.password_hash if account else None, normal_password(body.password))
    if account is None or not verdict.correct:
        raise _wrong()

    async def finish(tx: Tx) -> Reply[SessionTokens | ChallengeAnswer]:
        outcome = await finish_log_in(
            tx,
            access_tokens,
            account=account,
            new_hash=verdict.new_hash,
            email=email,
            client=body.client,
            device=visit.device,
        )
        if outcome is None:
            raise _wrong()
        if isinstance(outcome, Challenge):
            return challenge_reply(outcome)
        signed_in = cookies.reply(outcome, visit)
        return Reply(signed_in.body, cookies=signed_in.cookies)

    return await door.write(finish)


def _wrong() -> Unauthorized:
    return Unauthorized("invalid_credentials", "Address or password is wrong.")


def normal_email(email: str) -> str:
    """As it was stored. What is no address goes on as it is and fails like a wrong password, not like a wrong field."""
    try:
        return clean_email(email)
    except Invalid:
        return email


@ROUTES.post(
    "/v1/auth/refresh",
    access=Access.PUBLIC,
    summary="A new pair of tokens for an old refresh token",
    idempotent=False,
    problems=(401, 403),
)
async def refresh(
    request: web.Request, door: Door, body: RefreshRequest, access_tokens: AccessTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """The old token works for another 30 seconds; used later it ends the sign-in: somebody else has it."""
    token = body.refresh_token or cookies.read(request)
    if token is None:
        raise Unauthorized("refresh_token_required", "Send the refresh token.")
    presented = token
    signed_in = await door.write(lambda tx: refresh_session(tx, access_tokens, presented))
    if signed_in is None:
        raise Unauthorized("refresh_refused", "This sign-in has ended: sign in again.")
    return cookies.reply(signed_in)


@ROUTES.post(
    "/v1/auth/logout", access=Access.PUBLIC, summary="End this sign-in", status=204, idempotent=False, problems=(403,)
)
async def end_session(
    request: web.Request, door: Door, body: RefreshRequest, authenticator: Authenticator, cookies: RefreshCookies
) -> Reply[None]:
    """By refresh token, cookie or access token, whichever is there; without any that is known nothing happens."""
    token = body.refresh_token or cookies.read(request)
    caller = await _caller_if_any(request, authenticator)

    async def change(tx: Tx) -> Reply[None]:
        if token is not None:
            await log_out(tx, token)
        if caller is not None:
            await log_out_session(tx, caller.user_id, caller.session_id)
        return Reply(None, cookies=cookies.forget())

    return await door.write(change)


async def _caller_if_any(request: web.Request, authenticator: Authenticator) -> Caller | None:
    """Whoever logs out with a token that no longer counts has nothing left to end."""
    try:
        return await authenticator.verify(bearer_token(request))
    except Unauthorized:
        return None


@ROUTES.post(
    "/v1/auth/switch-organization",
    access=Access.SIGNED_IN,
    summary="An access token for another of your organizations",
    idempotent=False,
    problems=(404,),
)
async def switch(
    tx: Tx, caller: Caller, body: SwitchRequest, access_tokens: AccessTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """Same sign-in, same refresh token: later refreshes stay in the new organization."""
    signed_in = await switch_organization(
        tx, access_tokens, user_id=caller.user_id, session_id=caller.session_id, org_id=body.organization_id
    )
    return cookies.reply(signed_in)
