"""/v1/auth/mfa: two-step sign-in."""

import io
from datetime import datetime
from typing import Annotated, Literal

import segno
from aiohttp import web
from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import Invalid, Unauthorized, invalid_field
from chassis.rate_limits import RateLimit
from chassis.second_factors import SeedVault, enrolment_uri
from chassis.web import Access, Caller, Door, Reply, Routes
from teams.api.cookies import RefreshCookies
from teams.api.models import Answer, SessionTokens
from teams.api.reauthentication import OwnPassword, reauthenticate
from teams.api.registration import Secret
from teams.domain.sessions import CHALLENGE_LIFETIME
from teams.tokens import AccessTokens
from teams.usecases.log_in import Challenge
from teams.usecases.prove_code import prove_code
from teams.usecases.set_up_mfa import begin_mfa, confirm_mfa, disable_mfa, replace_recovery_codes
from teams.usecases.show_mfa import show_mfa
from teams.usecases.step_up import step_up

ROUTES = Routes("two-step sign-in", while_suspended=True)
ISSUER = "ObjectaLabs"

Code = Annotated[str, Field(min_length=6, max_length=40, description="Six digits, or a recovery code.")]


class ChallengeAnswer(Answer):
    """The password was right: send a code with this challenge to /v1/auth/mfa/verify."""

    mfa_required: Literal[True] = True
    challenge: str
    expires_in: int = Field(description="Seconds the challenge lives.")


class VerifyRequest(BaseModel):
    """The challenge of the password, and a code."""

    challenge: Secret
    code: Code


class PasswordRequest(BaseModel):
    """Who you are, once more."""

    password: OwnPassword = None


class CodeRequest(BaseModel):
    """A code."""

    code: Code


class ProofRequest(BaseModel):
    """Who you are, once more, and a code."""

    password: OwnPassword = None
    code: Code


class MfaAnswer(Answer):
    """Whether signing in asks you for a code."""

    enabled: bool
    enabled_at: datetime | None
    recovery_codes_left: int


class EnrolmentAnswer(Answer):
    """What an authenticator needs: the address in a QR code, or the secret to type. Shown once."""

    secret: str
    uri: str
    qr_svg: str


class RecoveryCodesAnswer(Answer):
    """Each works once in place of a code. Shown once."""

    recovery_codes: list[str]


def challenge_reply(challenge: Challenge) -> "Reply[SessionTokens | ChallengeAnswer]":
    """The answer to a right password where a code must follow."""
    return Reply(ChallengeAnswer(challenge=challenge.secret, expires_in=int(CHALLENGE_LIFETIME.total_seconds())))


@ROUTES.post(
    "/v1/auth/mfa/verify",
    access=Access.PUBLIC,
    summary="Sign in, second step: a code",
    idempotent=False,
    problems=(401, 429),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def verify_code(
    *,
    request: web.Request,
    door: Door,
    body: VerifyRequest,
    access_tokens: AccessTokens,
    vault: SeedVault,
    cookies: RefreshCookies,
) -> Reply[SessionTokens]:
    """A code works once, also when it is sent twice at once; five wrong ones use the challenge up."""
    visit = cookies.visit(request)
    signed_in = await door.write(
        lambda tx: prove_code(tx, access_tokens, vault, challenge=body.challenge, code=body.code, device=visit.device)
    )
    if signed_in is None:
        raise Unauthorized("code_refused", "The code does not fit, was used, or the sign-in took too long.")
    return cookies.reply(signed_in, visit)


@ROUTES.post(
    "/v1/auth/mfa/step-up",
    access=Access.SIGNED_IN,
    summary="Show the second factor in this sign-in",
    idempotent=False,
    problems=(409, 429),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def post_step_up(
    *,
    door: Door,
    caller: Caller,
    body: CodeRequest,
    access_tokens: AccessTokens,
    vault: SeedVault,
    cookies: RefreshCookies,
) -> Reply[SessionTokens]:
    """For who came by single sign-on into an organization that asks for two-step sign-in. The refresh token stays.

    A wrong code is 422 `code_wrong` at `/code`, and counts as one does at the sign-in.
    """
    signed_in = await door.write(
        lambda tx: step_up(
            tx, access_tokens, vault, user_id=caller.user_id, session_id=caller.session_id, code=body.code
        )
    )
    if signed_in is None:
        raise _wrong_code()
    return cookies.reply(signed_in)


@ROUTES.get("/v1/auth/mfa", access=Access.SIGNED_IN, summary="Whether signing in asks you for a code")
async def get_mfa(tx: Tx, caller: Caller) -> MfaAnswer:
    """And how many recovery codes are left."""
    state = await show_mfa(tx, caller.user_id)
    return MfaAnswer(
        enabled=state.enabled_at is not None,
        enabled_at=state.enabled_at,
        recovery_codes_left=state.recovery_codes_left,
    )


@ROUTES.post(
    "/v1/auth/mfa/totp",
    access=Access.SIGNED_IN,
    summary="Begin to set up two-step sign-in",
    idempotent=False,
    problems=(409, 429),
)
async def begin_totp(
    *,
    request: web.Request,
    door: Door,
    caller: Caller,
    body: PasswordRequest,
    passwords: Passwords,
    vault: SeedVault,
) -> EnrolmentAnswer:
    """Nothing changes until a code confirms it. Begun again, an earlier secret is replaced."""
    user = await reauthenticate(request, door, caller, passwords, body.password)
    seed = await door.write(lambda tx: begin_mfa(tx, vault, caller.user_id))
    uri = enrolment_uri(seed, user.email, ISSUER)
    return EnrolmentAnswer(secret=seed, uri=uri, qr_svg=qr_svg(uri))


def qr_svg(content: str) -> str:
    """A QR code as one SVG element, black on white whatever the page's colours: cameras need the contrast."""
    out = io.BytesIO()
    segno.make(content, error="m").save(out, kind="svg", scale=4, border=4, light="#fff", xmldecl=False, nl=False)
    return out.getvalue().decode()


@ROUTES.post(
    "/v1/auth/mfa/totp/confirm",
    access=Access.SIGNED_IN,
    summary="Turn two-step sign-in on by a first code",
    idempotent=False,
    problems=(409, 429),
)
async def confirm_totp(door: Door, caller: Caller, body: CodeRequest, vault: SeedVault) -> RecoveryCodesAnswer:
    """Every other device is signed out. Keep the recovery codes: they are not shown again."""
    codes = await door.write(
        lambda tx: confirm_mfa(tx, vault, user_id=caller.user_id, session_id=caller.session_id, code=body.code)
    )
    return _shown(codes)


@ROUTES.post(
    "/v1/auth/mfa/recovery-codes",
    access=Access.SIGNED_IN,
    summary="New recovery codes; the old ones stop working",
    idempotent=False,
    problems=(409, 429),
)
async def post_recovery_codes(
    *,
    request: web.Request,
    door: Door,
    caller: Caller,
    body: ProofRequest,
    passwords: Passwords,
    vault: SeedVault,
) -> RecoveryCodesAnswer:
    """Needs the password and a code."""
    await reauthenticate(request, door, caller, passwords, body.password)
    return _shown(
        await door.write(lambda tx: replace_recovery_codes(tx, vault, user_id=caller.user_id, code=body.code))
    )


@ROUTES.post(
    "/v1/auth/mfa/disable",
    access=Access.SIGNED_IN,
    summary="Turn two-step sign-in off",
    status=204,
    idempotent=False,
    problems=(409, 429),
)
async def disable(
    *,
    request: web.Request,
    door: Door,
    caller: Caller,
    body: ProofRequest,
    passwords: Passwords,
    vault: SeedVault,
) -> None:
    """Needs the password and a code, so neither an open browser nor a found phone suffices."""
    await reauthenticate(request, door, caller, passwords, body.password)
    if not await door.write(lambda tx: disable_mfa(tx, vault, user_id=caller.user_id, code=body.code)):
        raise _wrong_code()


def _shown(codes: list[str] | None) -> RecoveryCodesAnswer:
    if codes is None:
        raise _wrong_code()
    return RecoveryCodesAnswer(recovery_codes=codes)


def _wrong_code() -> Invalid:
    return invalid_field("/code", "code_wrong", "The code does not fit, or was used already.")
