"""An address was proven to belong to somebody: whoever registered it before without proof keeps no way in."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.teams import UserEmailVerifiedV1
from teams.domain.links import LIFETIMES
from teams.domain.people import User
from teams.events import add_user_event
from teams.storage import links, memberships, second_factors, users
from teams.usecases.act_as import act_as
from teams.usecases.end_sessions import end_all_sessions


async def take_over_account(tx: Tx, org_id: UUID, user: User) -> User:
    """The account, verified. If it was not, and is nobody's in this organization, its password, second factor,
    links and sign-ins end.

    Without that, somebody could register a colleague's address beforehand and wait for its owner to come in. A member's
    account is its owner's: an invitation proved the address, or they made the organization. The user is locked.
    """
    if user.email_verified:
        return user
    membership = await memberships.get_membership(tx, org_id, user.id)
    await act_as(tx, user.id)
    if membership is None or not membership.active:
        await users.delete_password(tx, user.id)
        await second_factors.delete_factor(tx, user.id)
        await links.delete_links(tx, user.id, *LIFETIMES)
        await end_all_sessions(tx, user.id, "revoked")
    verified = replace(user, email_verified=True, version=user.version + 1)
    await users.update_user(tx, verified)
    add_user_event(tx, UserEmailVerifiedV1, verified)
    await act_as(tx, user.id, org_id)
    return verified
