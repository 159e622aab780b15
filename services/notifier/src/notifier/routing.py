"""Who hears of what, where and in which words: the one table."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from contracts.billing import InvoicePaymentFailedV1, SubscriptionCanceledV1, SubscriptionUpdatedV1
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    UserDeviceAddedV1,
    UserMfaDisabledV1,
    UserMfaEnabledV1,
    UserPasswordChangedV1,
)
from notifier.domain import (
    Roster,
    SecurityEvent,
    ToldEvent,
    payers,
    payers_of_another_plan,
    team_and_inviter,
    team_but_remover,
    the_member,
)


class Category(StrEnum):
    """What a person can tell apart in their preferences."""

    TEAM = "team"
    ACCOUNT = "account"
    BILLING = "billing"
    SECURITY = "security"


class Channel(StrEnum):
    """A way to reach a person. IN_APP is the stored notification together with its live push."""

    IN_APP = "in_app"


class BelongsTo(StrEnum):
    """Where the notification is seen: inside the organization, or by the person wherever they are."""

    ORGANIZATION = "organization"
    PERSON = "person"


@dataclass(frozen=True)
class Route:
    """One line of the table. An event may have several; each person hears of one event once."""

    event: type[ToldEvent]
    audience: Callable[[ToldEvent, Roster], set[UUID]]
    category: Category
    channels: tuple[Channel, ...]
    template: str
    belongs_to: BelongsTo


_ORGANIZATION, _PERSON, _IN_APP = BelongsTo.ORGANIZATION, BelongsTo.PERSON, (Channel.IN_APP,)

ROUTES: tuple[Route, ...] = (
    # event               audience          category          channels template            belongs to
    Route(MemberJoinedV1, team_and_inviter, Category.TEAM, _IN_APP, "member_joined", _ORGANIZATION),
    Route(MemberRemovedV1, team_but_remover, Category.TEAM, _IN_APP, "member_removed", _ORGANIZATION),
    Route(MemberRemovedV1, the_member, Category.ACCOUNT, _IN_APP, "you_were_removed", _PERSON),
    Route(MemberRoleChangedV1, the_member, Category.ACCOUNT, _IN_APP, "your_role_changed", _ORGANIZATION),
    Route(SubscriptionUpdatedV1, payers_of_another_plan, Category.BILLING, _IN_APP, "plan_changed", _ORGANIZATION),
    Route(SubscriptionCanceledV1, payers, Category.BILLING, _IN_APP, "subscription_ended", _ORGANIZATION),
    Route(InvoicePaymentFailedV1, payers, Category.BILLING, _IN_APP, "payment_failed", _ORGANIZATION),
)


SECURITY_TEMPLATES: dict[type[SecurityEvent], str] = {
    UserPasswordChangedV1: "password_changed",
    UserMfaEnabledV1: "mfa_enabled",
    UserMfaDisabledV1: "mfa_disabled",
    UserDeviceAddedV1: "device_added",
}
"""event -> template, in the app and by mail: of the person alone, in no organization, and not to be switched off."""


def routes_of(event: type[ToldEvent]) -> tuple[Route, ...]:
    """The lines for one event."""
    return tuple(route for route in ROUTES if route.event is event)
