"""/v1/auth: forgotten and changed passwords."""

from aiohttp import web
from pydantic import BaseModel

from chassis.passwords import Passwords
from chassis.rate_limits import RateLimit
from chassis.web import Access, Caller, Door, Reply, Routes, client_address
from teams.api.auth import normal_email
from teams.api.models import Answer
from teams.api.reauthentication import OwnPassword, reauthenticate
from teams.api.registration import Password, Secret, TypedEmail
from teams.domain.people import clean_password
from teams.usecases.change_password import change_password
from teams.usecases.reset_password import ask_for_reset, reset_password
from teams.usecases.take_link import look_at_link

ROUTES = Routes("auth", while_suspended=True)


class ForgotRequest(BaseModel):
    """Whose password is forgotten."""

    email: TypedEmail


class ResetRequest(BaseModel):
    """The token of the mailed link (its fragment) and the new password."""

    token: Secret
    password: Password


class ChangePasswordRequest(BaseModel):
    """The password that holds, if there is one, and the one that shall."""

    current_password: OwnPassword = None
    password: Password


class AcceptedAnswer(Answer):
    """What happens next; the same whoever was asked about."""

    detail: str


class EndedAnswer(Answer):
    """How many sign-ins ended by this."""

    ended_sessions: int


@ROUTES.post(
    "/v1/auth/forgot-password",
    access=Access.PUBLIC,
    summary="Mail a link to choose a new password",
    status=202,
    idempotent=False,
    problems=(429,),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def forgot_password(request: web.Request, door: Door, body: ForgotRequest) -> Reply[AcceptedAnswer]:
    """The same answer after the same work, whether or not the address has an account: a job looks that up later."""
    email, address = normal_email(body.email), client_address(request)
    await door.write(lambda tx: ask_for_reset(tx, email, address))
    return Reply(AcceptedAnswer(detail="If this address has an account, a mail with a link is on its way to it."))


@ROUTES.post(
    "/v1/auth/reset-password",
    access=Access.PUBLIC,
    summary="Choose a new password by a mailed link",
    status=204,
    idempotent=False,
    problems=(404, 410),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def reset_by_link(door: Door, body: ResetRequest, passwords: Passwords) -> None:
    """Works once, for an hour. Ends every sign-in and opens none: two-step sign-in is asked for as always."""
    seen = await door.read(lambda tx: look_at_link(tx, body.token, "reset_password"))
    password = clean_password(body.password, email=seen.user.email, name=seen.user.name)
    new_hash = await passwords.hash(password)
    await door.write(lambda tx: reset_password(tx, body.token, new_hash))


@ROUTES.post(
    "/v1/auth/change-password",
    access=Access.SIGNED_IN,
    summary="Change your password",
    idempotent=False,
    problems=(429,),
)
async def post_change_password(
    request: web.Request, door: Door, caller: Caller, body: ChangePasswordRequest, passwords: Passwords
) -> EndedAnswer:
    """Every other device is signed out."""
    user = await reauthenticate(request, door, caller, passwords, body.current_password, pointer="/current_password")
    new_hash = await passwords.hash(clean_password(body.password, email=user.email, name=user.name))
    ended = await door.write(
        lambda tx: change_password(tx, user_id=caller.user_id, session_id=caller.session_id, new_hash=new_hash)
    )
    return EndedAnswer(ended_sessions=ended)
