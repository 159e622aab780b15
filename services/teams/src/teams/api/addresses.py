"""Proving an e-mail address, changing it, taking a change back."""

from aiohttp import web
from pydantic import BaseModel

from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.rate_limits import RateLimit
from chassis.web import Access, Caller, Door, Reply, Routes
from teams.api.invitations import TokenRequest
from teams.api.models import Answer
from teams.api.passwords import AcceptedAnswer
from teams.api.reauthentication import OwnPassword, reauthenticate
from teams.api.registration import Email
from teams.domain.people import clean_email
from teams.settings import Settings
from teams.tokens import new_secret
from teams.usecases.change_email import ask_for_email, restore_email, withdraw_email
from teams.usecases.verify_email import send_verification, verify_email

ROUTES = Routes("auth", while_suspended=True)


class ChangeEmailRequest(BaseModel):
    """The new address, and who you are, once more."""

    email: Email
    password: OwnPassword = None


class EmailAnswer(Answer):
    """The address that is yours now."""

    email: str


@ROUTES.post(
    "/v1/auth/verify-email",
    access=Access.PUBLIC,
    summary="Prove an address by the link mailed to it",
    idempotent=False,
    problems=(404, 409, 410),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def post_verify_email(tx: Tx, body: TokenRequest) -> EmailAnswer:
    """The address of your account, or a new one, which takes effect by this. Works once; no sign-in is needed."""
    return EmailAnswer(email=(await verify_email(tx, body.token)).email)


@ROUTES.post(
    "/v1/auth/verify-email/resend",
    access=Access.SIGNED_IN,
    summary="Mail the link to prove your address again",
    status=202,
    idempotent=False,
    problems=(429,),
)
async def resend_verification(tx: Tx, caller: Caller, settings: Settings) -> Reply[AcceptedAnswer]:
    """At most once a minute; nothing is sent once the address is proven."""
    await send_verification(tx, caller.user_id, mail_key=settings.notifier_public_key)
    return Reply(AcceptedAnswer(detail="If your address is not proven yet, a mail is on its way to it."))


@ROUTES.post(
    "/v1/me/email",
    access=Access.SIGNED_IN,
    summary="Ask for another e-mail address",
    status=202,
    idempotent=False,
    problems=(429,),
)
async def post_email(
    *,
    request: web.Request,
    door: Door,
    caller: Caller,
    body: ChangeEmailRequest,
    passwords: Passwords,
    settings: Settings,
) -> Reply[AcceptedAnswer]:
    """Takes effect when the link mailed to the new address is opened; the old one gets a link that undoes it."""
    email = clean_email(body.email)
    await reauthenticate(request, door, caller, passwords, body.password)
    await door.write(lambda tx: ask_for_email(tx, caller.user_id, email, mail_key=settings.notifier_public_key))
    return Reply(AcceptedAnswer(detail=f"Open the link in the mail to {email} to make it yours."))


@ROUTES.delete("/v1/me/email", access=Access.SIGNED_IN, summary="Keep your address after all", status=204)
async def delete_email(tx: Tx, caller: Caller) -> None:
    """The link to the new address works no more."""
    await withdraw_email(tx, caller.user_id)


@ROUTES.post(
    "/v1/auth/restore-email",
    access=Access.PUBLIC,
    summary="Undo a change of address that was not yours",
    idempotent=False,
    problems=(404, 409, 410),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def post_restore_email(door: Door, body: TokenRequest, passwords: Passwords, settings: Settings) -> EmailAnswer:
    """Signs every device out and voids the password; a link to choose a new one is mailed."""
    dead_hash = await passwords.hash(new_secret())
    user = await door.write(
        lambda tx: restore_email(tx, body.token, dead_hash=dead_hash, mail_key=settings.notifier_public_key)
    )
    return EmailAnswer(email=user.email)
