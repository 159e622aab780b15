"""The password once more, before something that gives the account away."""

from uuid import UUID

from chassis.passwords import Passwords
from chassis.problems import invalid_field
from chassis.web import Door
from teams.domain.people import User, normal_password
from teams.usecases.reauthenticate import begin_reauthentication, finish_reauthentication


async def reauthenticate(
    door: Door, passwords: Passwords, *, user_id: UUID, address: str, password: str, pointer: str
) -> User:
    """The person, if the password is theirs. Raises Invalid `password_wrong` at `pointer`, TooManyRequests."""
    user, account = await door.apart(lambda tx: begin_reauthentication(tx, user_id, address))
    verdict = await passwords.verify(account.password_hash, normal_password(password))
    if not verdict.correct:
        raise invalid_field(pointer, "password_wrong", "This is not your password.")
    await door.apart(lambda tx: finish_reauthentication(tx, user, address))
    return user
