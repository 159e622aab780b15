"""/v1/me: taking one's data along, and ending one's account."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import invalid_field
from chassis.rate_limits import RateLimit
from chassis.second_factors import SeedVault
from chassis.web import Access, Caller, Door, Reply, Routes
from teams.api.account_export import send_account
from teams.api.cookies import RefreshCookies
from teams.api.mfa import Code
from teams.api.reauthentication import OwnPassword, reauthenticate
from teams.settings import Settings
from teams.usecases.delete_me import delete_me, proves_second_factor

ROUTES = Routes("me", while_suspended=True)


class DeleteMeRequest(BaseModel):
    """Who you are, once more, your address typed, and a code where signing in asks you for one."""

    password: OwnPassword = None
    confirmation: Annotated[str, Field(max_length=320, description="The e-mail address of your account.")]
    code: Code | None = None


@ROUTES.delete(
    "/v1/me",
    access=Access.SIGNED_IN,
    summary="End your account, at once and for good",
    status=204,
    idempotent=False,
    problems=(409, 422, 429),
)
async def delete_own_account(
    *,
    request: web.Request,
    door: Door,
    caller: Caller,
    body: DeleteMeRequest,
    passwords: Passwords,
    vault: SeedVault,
    cookies: RefreshCookies,
    settings: Settings,
) -> Reply[None]:
    """You leave every organization, every sign-in and key ends, name and address are erased everywhere.

    A mail confirms it. Refused while you are the only owner of an organization (`last_owner`).
    """
    await reauthenticate(request, door, caller, passwords, body.password)
    if not await door.apart(lambda tx: proves_second_factor(tx, vault, caller.user_id, body.code)):
        raise invalid_field("/code", "code_wrong", "Signing in asks you for a code: send one that fits and is unused.")

    async def end(tx: Tx) -> Reply[None]:
        await delete_me(
            tx, user_id=caller.user_id, confirmation=body.confirmation, mail_key=settings.notifier_public_key
        )
        return Reply(None, cookies=cookies.forget())

    return await door.write(end)


@ROUTES.get(
    "/v1/me/export",
    access=Access.SIGNED_IN,
    summary="Everything that is kept about you, as a download",
    streams=["application/json"],
    problems=(429,),
    rate_limits=(RateLimit(20, 600, "caller"),),
)
async def export_own_data(request: web.Request, door: Door, caller: Caller) -> web.StreamResponse:
    """One JSON document: profile, memberships, sign-ins, keys without their secrets, and all you did anywhere."""
    return await send_account(request, door, caller.user_id)
