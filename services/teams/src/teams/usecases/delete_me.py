"""End one's own account: at once and for good."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.second_factors import SeedVault
from contracts.commands import SendFarewellEmailV1
from teams.domain.account_deletion import Held, check_confirmed, check_leaves_no_orphan
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Membership
from teams.domain.people import DEFAULT_LOCALE, DEFAULT_TIME_ZONE, User
from teams.events import add_user_deleted
from teams.storage import erasures, memberships, organizations, second_factors, standings, users
from teams.storage.erasures import PendingErasure
from teams.usecases.act_as import act_as
from teams.usecases.check_code import check_code
from teams.usecases.end_sessions import end_all_sessions
from teams.usecases.record_activity import record_activity
from teams.usecases.remove_member import end_membership


async def proves_second_factor(tx: Tx, vault: SeedVault, user_id: UUID, code: str | None) -> bool:
    """Whether the code fits where signing in asks for one. The attempt counts, so the caller commits also a failure."""
    if await second_factors.get_confirmed_at(tx, user_id) is None:
        return True
    return code is not None and await check_code(tx, vault, user_id, code)


async def delete_me(tx: Tx, *, user_id: UUID, confirmation: str, mail_key: str) -> None:
    """Memberships, sign-ins, keys, second factors and links end; name, address and password are gone with the commit.

    What other organizations' tables still say is erased by `erase_people` a moment later. A mail to the address they
    had confirms it. Raises Invalid (the typed
    address), Conflict `last_owner`. Locks the person, so that they join nothing
    meanwhile, then their organizations in one order.
    """
    user = await users.lock_user(tx, user_id)
    check_confirmed(user, confirmation)
    own = await _hold_organizations(tx, user_id)
    at = tx.clock.now()
    await end_all_sessions(tx, user_id, "revoked")
    addresses = {user.email.lower(), *await erasures.list_mailed_addresses(tx, user_id)}
    await erasures.delete_ways_in(tx, user_id)
    gone = replace(
        user,
        email="",
        name="",
        locale=DEFAULT_LOCALE,
        time_zone=DEFAULT_TIME_ZONE,
        email_verified=False,
        version=user.version + 1,
        deleted_at=at,
    )
    await users.erase_user(tx, gone)
    for membership in own:
        await _leave(tx, membership)
    await act_as(tx, user_id)
    await erasures.insert_pending(tx, PendingErasure(user_id, sorted(addresses), at))
    add_user_deleted(tx, gone, at=at)
    _confirm_by_mail(tx, user, at=at, mail_key=mail_key)


def _confirm_by_mail(tx: Tx, user: User, *, at: datetime, mail_key: str) -> None:
    """With the same commit: after it the sealed command alone knows the address, until it is out."""
    farewell = SendFarewellEmailV1(
        email=user.email, name=user.name, locale=user.locale, time_zone=user.time_zone, deleted_at=at
    )
    outbox.add_command(tx, farewell, public_key=mail_key)


async def _hold_organizations(tx: Tx, user_id: UUID) -> list[Membership]:
    """The person's memberships, each under its organization's lock. Raises Conflict `last_owner`."""
    own, held = [], []
    for one in await erasures.list_own_memberships(tx):
        if one.state != "active":
            continue
        await act_as(tx, user_id, one.org_id)
        organization = await organizations.lock_organization(tx, one.org_id)
        membership = await memberships.lock_membership(tx, one.org_id, user_id)
        if membership is None or not membership.active:
            continue
        own.append(membership)
        held.append(
            Held(
                organization.name,
                membership.role,
                await memberships.count_owners(tx, one.org_id),
                await memberships.count_members(tx, one.org_id),
                (await standings.get_standing(tx, one.org_id)).deleted_at is not None,
            )
        )
    check_leaves_no_orphan(held)
    return own


async def _leave(tx: Tx, membership: Membership) -> None:
    """As anybody leaves, but the log and the event name nobody any more."""
    await act_as(tx, membership.user_id, membership.org_id)
    await end_membership(tx, membership, membership.user_id)
    subject = Subject.member(membership.user_id, "", "")
    record_activity(tx, Action.MEMBER_LEFT, subject, before={"role": membership.role_name or membership.role})
