"""/admin/v1/auth: password, then a code; refresh, sign-out, who am I."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from admin.api.cookies import RefreshCookies
from admin.api.models import ChallengeAnswer, SelfAnswer, SessionTokens
from admin.api.witness import witness_of
from admin.domain.sign_in import CHALLENGE_LIFETIME
from admin.domain.staff import PASSWORD_MAX, normal_email, normal_password
from admin.tokens import StaffTokens
from admin.usecases.list_staff import show_self
from admin.usecases.log_in import begin_log_in, finish_log_in, refuse_log_in
from admin.usecases.log_out import log_out
from admin.usecases.prove_code import prove_code
from admin.usecases.refresh_session import refresh_session
from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import Unauthorized
from chassis.rate_limits import RateLimit
from chassis.requests import bearer_token
from chassis.second_factors import SeedVault
from chassis.staff import StaffAuthenticator
from chassis.web import Access, Door, Reply, Routes, StaffCaller

ROUTES = Routes("sign-in")


class LogInRequest(BaseModel):
    """Address and password."""

    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=PASSWORD_MAX)]


class CodeRequest(BaseModel):
    """The challenge of the password, and six digits of the authenticator or a recovery code."""

    challenge: Annotated[str, Field(min_length=1, max_length=100)]
    code: Annotated[str, Field(min_length=6, max_length=40)]


@ROUTES.post(
    "/admin/v1/auth/login",
    access=Access.PUBLIC,
    summary="Sign in: address and password",
    idempotent=False,
    problems=(401, 429),
    rate_limits=(RateLimit(30, 60, "address"),),
)
async def admin_log_in(request: web.Request, door: Door, body: LogInRequest, passwords: Passwords) -> ChallengeAnswer:
    """An unknown address gets the same answer as a wrong password, after the same work."""
    by, email = witness_of(request), normal_email(body.email)
    account = await door.write(lambda tx: begin_log_in(tx, email, by.address))
    verdict = await passwords.verify(account.password_hash if account else None, normal_password(body.password))
    if account is None or not verdict.correct:
        await door.write(lambda tx: refuse_log_in(tx, by, email=email, account=account))
        raise Unauthorized("invalid_credentials", "Address or password is wrong.")
    known = account
    challenge = await door.write(
        lambda tx: finish_log_in(tx, by, account=known, new_hash=verdict.new_hash, email=email)
    )
    return ChallengeAnswer(challenge=challenge, expires_in=int(CHALLENGE_LIFETIME.total_seconds()))


@ROUTES.post(
    "/admin/v1/auth/totp",
    access=Access.PUBLIC,
    summary="Sign in: the code of the second factor",
    idempotent=False,
    problems=(401, 429),
    rate_limits=(RateLimit(30, 60, "address"),),
)
async def admin_prove_code(
    *,
    request: web.Request,
    door: Door,
    body: CodeRequest,
    tokens: StaffTokens,
    vault: SeedVault,
    cookies: RefreshCookies,
) -> Reply[SessionTokens]:
    """A code works once; five wrong ones use the challenge up."""
    signed_in = await door.write(
        lambda tx: prove_code(tx, tokens, vault, witness_of(request), challenge=body.challenge, code=body.code.strip())
    )
    if signed_in is None:
        raise Unauthorized("code_refused", "The code does not fit, was used, or its sign-in took too long.")
    return cookies.reply(signed_in)


@ROUTES.post(
    "/admin/v1/auth/refresh",
    access=Access.PUBLIC,
    summary="A new access token for the refresh cookie",
    idempotent=False,
    problems=(401, 403),
)
async def admin_refresh(
    request: web.Request, door: Door, tokens: StaffTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """The old cookie works for another 30 seconds; used later it ends the sign-in: somebody else has it."""
    token = cookies.read(request)
    if token is None:
        raise Unauthorized("refresh_token_required", "Sign in first.")
    signed_in = await door.write(lambda tx: refresh_session(tx, tokens, witness_of(request), token))
    if signed_in is None:
        raise Unauthorized("refresh_refused", "This sign-in has ended: sign in again.")
    return cookies.reply(signed_in)


@ROUTES.post(
    "/admin/v1/auth/logout",
    access=Access.PUBLIC,
    summary="End this sign-in",
    status=204,
    idempotent=False,
    problems=(403,),
)
async def admin_log_out(
    request: web.Request, door: Door, authenticator: StaffAuthenticator, cookies: RefreshCookies
) -> Reply[None]:
    """By access token or cookie, whichever is there; without either nothing happens."""
    caller, token = await _caller_if_any(request, authenticator), cookies.read(request)

    async def change(tx: Tx) -> Reply[None]:
        session_id = caller.session_id if caller else None
        await log_out(tx, witness_of(request, caller), session_id=session_id, refresh_token=token)
        return Reply(None, cookies=cookies.forget())

    return await door.write(change)


async def _caller_if_any(request: web.Request, authenticator: StaffAuthenticator) -> StaffCaller | None:
    """Whoever signs out with a token that no longer counts has nothing left to end by it."""
    try:
        return await authenticator.verify(bearer_token(request))
    except Unauthorized:
        return None


@ROUTES.get("/admin/v1/auth/me", access=Access.STAFF, summary="Who am I, and what may I do")
async def admin_me(tx: Tx, caller: StaffCaller) -> SelfAnswer:
    """Oneself is no customer's data, so nothing is put down."""
    return SelfAnswer.of(await show_self(tx, caller.staff_id))
