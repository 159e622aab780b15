"""The password once more, or a fresh single sign-on, before something that gives the account away."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from chassis.passwords import Passwords
from chassis.problems import invalid_field
from chassis.web import Caller, Door, client_address
from teams.api.registration import Password
from teams.domain.people import User, normal_password
from teams.usecases.reauthenticate import begin_reauthentication, check_fresh_sign_in, finish_reauthentication

OwnPassword = Annotated[
    Password | None,
    Field(
        description="Your password. An account without one needs a single sign-on of the last ten minutes instead: "
        "`fresh` at /v1/auth/sso/start."
    ),
]


async def reauthenticate(
    request: web.Request,
    door: Door,
    caller: Caller,
    passwords: Passwords,
    password: str | None,
    *,
    pointer: str = "/password",
) -> User:
    """The caller, if the password is theirs, or if they have none and this sign-in is fresh.

    Raises Invalid at `pointer` (`password_wrong`, `password_required`, `fresh_sign_in_required`), TooManyRequests.
    """
    if password is None:
        return await door.apart(lambda tx: check_fresh_sign_in(tx, caller.user_id, caller.session_id, pointer))
    address = client_address(request)
    user, account = await door.apart(lambda tx: begin_reauthentication(tx, caller.user_id, address))
    verdict = await passwords.verify(account.password_hash, normal_password(password))
    if not verdict.correct:
        raise invalid_field(pointer, "password_wrong", "This is not your password.")
    await door.apart(lambda tx: finish_reauthentication(tx, user, address))
    return user
