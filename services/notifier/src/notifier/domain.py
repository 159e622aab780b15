"""Pure decisions: who hears of an event, when a mail is tried again, what a line of text may hold."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from contracts.billing import InvoicePaymentFailedV1, SubscriptionCanceledV1, SubscriptionUpdatedV1
from contracts.permissions import Permission, Role, permissions_of
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationCreatedV1,
    OrganizationDeletedV1,
    OrganizationReactivatedV1,
    OrganizationRestoredV1,
    OrganizationSuspendedV1,
    OrganizationUpdatedV1,
    UserDeviceAddedV1,
    UserEmailVerifiedV1,
    UserMfaDisabledV1,
    UserMfaEnabledV1,
    UserPasswordChangedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)
from contracts.teams.rights import RoleCreatedV1, RoleDeletedV1, RoleUpdatedV1

MembershipEvent: TypeAlias = MemberJoinedV1 | MemberRoleChangedV1 | MemberRemovedV1
BillingEvent: TypeAlias = SubscriptionUpdatedV1 | SubscriptionCanceledV1 | InvoicePaymentFailedV1
ToldEvent: TypeAlias = MembershipEvent | BillingEvent
"""What somebody may have to hear of."""

SecurityEvent: TypeAlias = UserPasswordChangedV1 | UserMfaEnabledV1 | UserMfaDisabledV1 | UserDeviceAddedV1
"""What a person hears about their own account, wherever they are and whatever they prefer."""

OrganizationEvent: TypeAlias = (
    OrganizationCreatedV1
    | OrganizationUpdatedV1
    | OrganizationDeletedV1
    | OrganizationRestoredV1
    | OrganizationSuspendedV1
    | OrganizationReactivatedV1
)
"""What states an organization's name, also where it does not work at present."""

PersonEvent: TypeAlias = UserRegisteredV1 | UserEmailVerifiedV1 | UserUpdatedV1 | SecurityEvent


RoleEvent: TypeAlias = RoleCreatedV1 | RoleUpdatedV1 | RoleDeletedV1


@dataclass(frozen=True)
class Member:
    """Somebody who belonged to the organization at the instant in question, and what their role allowed then."""

    user_id: UUID
    permissions: frozenset[str]


Roster: TypeAlias = tuple[Member, ...]
"""The active members of one organization at one instant."""


def rights_of(role: str, custom: Iterable[str] | None) -> frozenset[str]:
    """What a role allows: a built-in one by the matrix, any other what its organization said (None: not known yet)."""
    return frozenset(permissions_of(role) if role in set(Role) else custom or ())


def _who_may(permission: Permission, roster: Roster) -> set[UUID]:
    return {member.user_id for member in roster if permission in member.permissions}


def payers(event: ToldEvent, roster: Roster) -> set[UUID]:  # noqa: ARG001 - every audience has this shape
    """Who may change how it is paid, whoever did it: money is everybody's business who answers for it."""
    return _who_may(Permission.BILLING_UPDATE, roster)


def payers_of_another_plan(event: ToldEvent, roster: Roster) -> set[UUID]:
    """The same, where the plan is another; a renewal or other seats are no news."""
    changed = isinstance(event, SubscriptionUpdatedV1) and event.plan != event.previous_plan
    return payers(event, roster) if changed else set()


def team_and_inviter(event: ToldEvent, roster: Roster) -> set[UUID]:
    """Who may invite, and whoever did invite, as far as they still belong; never the person who joined."""
    if not isinstance(event, MembershipEvent):
        return set()
    inviter = {member.user_id for member in roster if member.user_id == event.invited_by}
    return (_who_may(Permission.INVITATIONS_CREATE, roster) | inviter) - {event.user_id}


def team_but_remover(event: ToldEvent, roster: Roster) -> set[UUID]:
    """Who may remove members, except who did it and whom it was done to."""
    if not isinstance(event, MembershipEvent):
        return set()
    return _who_may(Permission.MEMBERS_REMOVE, roster) - {event.user_id, _author(event)}


def the_member(event: ToldEvent, roster: Roster) -> set[UUID]:  # noqa: ARG001 - every audience has this shape
    """The person the event is about, unless they did it themselves."""
    if not isinstance(event, MembershipEvent):
        return set()
    return {event.user_id} - {_author(event)}


def _author(event: MembershipEvent) -> UUID | None:
    match event:
        case MemberRemovedV1():
            return event.removed_by
        case MemberRoleChangedV1():
            return event.changed_by
        case _:
            return None


MAIL_LIFETIME = timedelta(days=4)
"""RFC 5321 4.5.4.1: give up after four or five days."""

_RETRY_DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (15, 60, 5 * 60, 15 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600)
)


def next_attempt(attempts: int, now: datetime) -> datetime:
    """When a mail that failed for now is tried again: soon at first (grey-listing), then every four hours."""
    return now + _RETRY_DELAYS[min(attempts, len(_RETRY_DELAYS)) - 1]


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,255}")


def mail_address(text: str) -> str:
    """The address itself; ValueError where it could smuggle a header, a second recipient or an SMTP argument."""
    if not _ADDRESS.fullmatch(text) or one_line(text) != text:
        raise ValueError("not one plain mail address")
    return text


def one_line(text: str, longest: int = 200) -> str:
    """Names as they may stand in a subject or a title: no control, bidirectional or invisible characters, one line."""
    plain = "".join(" " if _unprintable(character) else character for character in text)
    short = " ".join(plain.split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def language_of(locale: str, available: Iterable[str]) -> str:
    """The folder of templates for a locale such as `de-AT`; English where we have none."""
    language = re.split("[-_]", locale, maxsplit=1)[0].lower()
    return language if language in available else "en"
